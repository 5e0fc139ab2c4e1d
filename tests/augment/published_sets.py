"""Miniature data sets in the layouts that are published, with drawn pictures and films of a few frames."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import PIL.Image

FRAMES = 4
RATE = 25


def picture(file: Path) -> None:
    """Draw an image of 8 x 8 pixels."""
    file.parent.mkdir(parents=True, exist_ok=True)
    PIL.Image.fromarray(np.full((8, 8, 3), 127, np.uint8)).save(file)


def film(file: Path) -> None:
    """Write a film of `FRAMES` frames, 25 a second."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(file), "w") as container:
        stream = container.add_stream("mpeg4", rate=RATE)
        stream.width = stream.height = 32
        for level in range(FRAMES):
            frame = av.VideoFrame.from_ndarray(np.full((32, 32, 3), 60 * level, np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def text(file: Path, *lines: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")


def affectnet_2017(folder: Path) -> None:
    header = "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal"
    lists, images = (
        folder / "Manually_Annotated_file_lists",
        folder / "Manually_Annotated" / "Manually_Annotated_Images",
    )
    points = ";".join(f"{i}.5" for i in range(136))
    text(
        lists / "training.csv",
        header,
        f"1/a.jpg,10,20,30,40,{points},1,0.75,0.25",
        f"1/b.jpg,10,20,30,40,{points},9,-2,-2",
        f"1/c.jpg,0,0,0,0,{points},10,-2,-2",
        f"1/gone.jpg,10,20,30,40,{points},0,0,0",
        f"2/wild.jpg,10,20,30,40,{points},2,-3.5,0.5",
        "../../../secret.jpg,1,1,2,2,,0,0,0",
    )
    text(lists / "validation.csv", f"2/d.jpg,1,2,3,4,{points},7,-0.5,0.4")
    for name in ("1/a", "1/b", "1/c", "2/wild", "2/d"):
        picture(images / f"{name}.jpg")
    auto = folder / "Automatically_Annotated"
    text(
        auto / "Automatically_annotated_file_lists" / "automatically_annotated.csv", header, "9/e.jpg,1,2,3,4,,3,0,0.5"
    )
    picture(auto / "Automatically_Annotated_Images" / "9" / "e.jpg")


def affectnet_2021(folder: Path) -> None:
    for part, number, code, point in (("train_set", 0, "6", ("-0.5", "0.5")), ("val_set", 10, "0", ("-2", "-2"))):
        picture(folder / part / "images" / f"{number}.jpg")
        annotations = folder / part / "annotations"
        annotations.mkdir()
        np.save(annotations / f"{number}_exp.npy", np.array(code))
        np.save(annotations / f"{number}_val.npy", np.array(point[0]))
        np.save(annotations / f"{number}_aro.npy", np.array(point[1]))
        np.save(annotations / f"{number}_lnd.npy", np.arange(136.0))
    picture(folder / "train_set" / "images" / "1.jpg")


def aff_wild(folder: Path) -> None:
    film(folder / "videos" / "train" / "105.mp4")
    for name, values in (("valence", ("0.1", "0.2", "nan")), ("arousal", ("-0.1", "-0.2", "0.5"))):
        text(folder / "annotations" / "train" / name / "105.txt", *values)
        text(folder / "annotations" / "train" / name / "106.txt", *values)
    corners = ("version: 1", "n_points: 4", "{", "11 21", "11 61", "41 61", "41 21", "}")
    text(folder / "bboxes" / "train" / "105" / "0.pts", *corners)
    text(folder / "landmarks" / "train" / "105" / "1.pts", "version: 1", "n_points: 2", "{", "3 4", "5 6", "}")


def aff_wild2(folder: Path) -> None:
    track = folder / "annotations" / "VA_Estimation_Challenge"
    text(track / "Train_Set" / "video1.txt", "valence,arousal", "0.5,0.25", "-5,-5", "0.1,0.1")
    text(track / "Validation_Set" / "2-30_left.txt", "valence,arousal", "0.4,0.3")
    track = folder / "annotations" / "EXPR_Classification_Challenge"
    text(
        track / "Validation_Set" / "video1.txt",
        "Neutral,Anger,Disgust,Fear,Happiness,Sadness,Surprise,Other",
        "4",
        "-1",
        "7",
    )
    units = ",".join(f"AU{unit}" for unit in (1, 2, 4, 6, 7, 10, 12, 15, 23, 24, 25, 26))
    track = folder / "annotations" / "AU_Detection_Challenge"
    text(track / "Train_Set" / "video1.txt", units, "1,0,0,0,0,0,1,0,0,0,0,0", ",".join(["-1"] * 12))
    for name in ("video1/00001", "video1/00002", "2-30_left/00001"):
        picture(folder / "cropped_aligned" / f"{name}.jpg")


def recola(folder: Path) -> None:
    film(folder / "RECOLA-Video-recordings" / "P16.mp4")
    ratings = folder / "RECOLA-Annotation" / "emotional_behaviour"
    header = "time;FM1 ;FM2 ;FM3 ;FF1 ;FF2 ;FF3"
    text(ratings / "arousal" / "P16.csv", header, "0;0;0;0;0;0;0", "0.04;0.1;0.2;0.3;0.1;0.2;0.3")
    text(ratings / "valence" / "P16.csv", header, "0;0;0;0;0;0;0", "0.04;-.1;-.1;-.1;-.1;-.1;-.1")


def recola_avec(folder: Path) -> None:
    film(folder / "recordings_video" / "dev_2.mp4")
    head = ["@relation GOLDSTANDARD", "", "@attribute Instance_name string", "@attribute frameTime numeric"]
    head += ["@attribute GoldStandard numeric", "", "@data", ""]
    for name, value in (("arousal", 0.3), ("valence", -0.2)):
        gold = folder / "ratings_gold_standard" / name / "dev_2.arff"
        text(gold, *head, "'dev_2',0.00,0.0", f"'dev_2',0.04,{value}")


def afew(folder: Path) -> None:
    film(folder / "Train_AFEW" / "Angry" / "000046280.avi")
    text(folder / "Val_AFEW" / "Happy" / "000149120.avi", "no film")
    for number in (0, 1):
        faces = folder / "Val_AFEW" / "AlignedFaces_LBPTOP_Points_Val" / "Faces" / "000149120"
        picture(faces / f"{number:03d}.jpg")
    text(folder / "Val_AFEW" / "Sad" / "000000001.avi", "no film")


def afew_va(folder: Path) -> None:
    landmarks = [[float(i), float(i) + 0.5] for i in range(68)]
    frames = {
        "00000": {"valence": 0.0, "arousal": 4.0, "landmarks": landmarks},
        "00001": {"valence": -10.0, "arousal": 10.0, "landmarks": landmarks},
        "00002": {"valence": 11.0, "arousal": 0.0, "landmarks": landmarks},
    }
    text(folder / "001" / "001.json", json.dumps({"video_id": "001", "actor": "Somebody", "frames": frames}))
    for name in frames:
        picture(folder / "001" / f"{name}.png")
    text(folder / "51-100" / "051" / "051.json", "{")


def raf_db(folder: Path) -> None:
    text(folder / "basic" / "EmoLabel" / "list_patition_label.txt", "train_00001.jpg 5", "test_0001.jpg 7", "x 9")
    for name in ("train_00001", "test_0001"):
        picture(folder / "basic" / "Image" / "original" / f"{name}.jpg")
        points = [f"{10.0 + i}\t{20.0 + i}" for i in range(5)]
        text(folder / "basic" / "Annotation" / "manual" / f"{name}_manu_attri.txt", *points, "1", "0", "3")
        text(folder / "basic" / "Annotation" / "boundingbox" / f"{name}_boundingbox.txt", "1.0 2.0 31.0 42.0 ")
    text(folder / "compound" / "EmoLabel" / "list_patition_label.txt", "train_0001.jpg 6")
    picture(folder / "compound" / "Image" / "aligned" / "train_0001_aligned.jpg")


def bu_3dfe(folder: Path) -> None:
    for name in ("F0001_NE00WH_F2D", "F0001_AN04WH_F2D", "F0001_AN04WH_F3D", "F0001_XX04WH_F2D"):
        picture(folder / "F0001" / f"{name}.bmp")
    picture(folder / "M0044" / "M0044_SU02BL_F2D.bmp")


def bosphorus(folder: Path) -> None:
    names = ("N_N_0", "E_HAPPY_0", "LFAU_12L_0", "CAU_A12A15_0", "YR_R10_0", "IGN_1_0", "ZZ_1_0")
    for name in names:
        picture(folder / "BosphorusDB_p1" / "bs000" / f"bs000_{name}.png")


def multi_pie(folder: Path) -> None:
    for session, name in ((1, "001_01_01_051_07"), (1, "001_01_02_051_07"), (2, "001_02_03_051_07")):
        picture(folder / f"session0{session}" / "multiview" / "001" / "01" / "05_1" / f"{name}.png")


def kf_itw(folder: Path) -> None:
    for person, shown in (("01", "neutral"), ("01", "Surprised"), ("02", "happy")):
        picture(folder / person / shown / "frames" / "0001.png")


def fei(folder: Path) -> None:
    for name in ("1-01", "1-11", "1-12"):
        picture(folder / "originalimages_part1" / f"{name}.jpg")
    for name in ("1a", "1b"):
        picture(folder / "frontalimages_manuallyaligned_part1" / f"{name}.jpg")


def face_place(folder: Path) -> None:
    for name in ("AF0301_1100_00F", "AF0301_1110_00F"):
        picture(folder / "Asian" / f"{name}.jpg")


def stirling_pain(folder: Path) -> None:
    for name in ("f1n1", "f1h1", "m2p3", "readme"):
        picture(folder / f"{name}.jpg")


def stirling_iranian(folder: Path) -> None:
    for name in ("f01n", "f01s"):
        picture(folder / f"{name}.jpg")


def stirling_nottingham(folder: Path) -> None:
    for name in ("f001", "m002"):
        picture(folder / f"{name}.gif")


def fera2017(folder: Path) -> None:
    train = folder / "train"
    film(train / "ims" / "FERA17_TR_F001_T1_6.mp4")
    text(train / "occ" / "FERA17_TR_F001_T1.csv", "0,1,4,12", "1,0,1,1", "2,0,9,0")
    text(train / "int" / "FERA17_TR_F001_T1.csv", "0,12", "1,3", "2,0")
    text(train / "occ" / "FERA17_TR_M001_T1.csv", "0,1", "1,0")


def bp4d(folder: Path) -> None:
    text(folder / "AUCoding" / "AU_OCC" / "F001_T1.csv", "0,1,2,12", "10,1,9,1", "11,0,0,0", "12,0,0,0")
    text(folder / "AUCoding" / "AU_INT" / "AU12" / "F001_T1_AU12.csv", "10,4", "11,0")
    for frame in (10, 11):
        picture(folder / "2D+3D" / "F001" / "T1" / f"{frame:04d}.jpg")


def disfa(folder: Path) -> None:
    film(folder / "Videos_LeftCamera" / "LeftVideoSN001_comp.avi")
    text(folder / "ActionUnit_Labels" / "SN001" / "SN001_au1.txt", "1,0", "2,3", "3,5")
    text(folder / "ActionUnit_Labels" / "SN001" / "SN001_au12.txt", "1,1", "2,0")
    text(folder / "ActionUnit_Labels" / "SN002" / "SN002_au1.txt", "1,0")


def unbc(folder: Path) -> None:
    below = Path("042-ll042") / "ll042t1aaaff"
    for frame in (1, 2, 3):
        picture(folder / "Images" / below / f"ll042t1aaaff{frame:03d}.png")
    labels = folder / "Frame_Labels" / "FACS" / below
    line = "   {}.0000000e+00   {}.0000000e+00   0.0000000e+00   0.0000000e+00"
    text(labels / "ll042t1aaaff001_facs.txt", line.format(4, 2), line.format(43, 1))
    text(labels / "ll042t1aaaff002_facs.txt")
    aam = folder / "AAM_landmarks" / below / "ll042t1aaaff001_aam.txt"
    text(aam, *(f"   {i}.0000000e+00   {i}.5000000e+00" for i in range(66)))


def celeba(folder: Path) -> None:
    text(folder / "Anno" / "identity_CelebA.txt", "000001.jpg 2880", "000002.jpg 2937")
    text(folder / "Eval" / "list_eval_partition.txt", "000001.jpg 0", "000002.jpg 2")
    points = " ".join(map(str, range(10)))
    header = "lefteye_x lefteye_y righteye_x righteye_y nose_x nose_y leftmouth_x leftmouth_y rightmouth_x rightmouth_y"
    text(folder / "Anno" / "list_landmarks_align_celeba.txt", "2", header, f"000001.jpg {points}")
    for name in ("000001", "000002"):
        picture(folder / "Img" / "img_align_celeba" / f"{name}.jpg")


def fer2013(folder: Path) -> None:
    pixels = " ".join(str(i % 256) for i in range(48 * 48))
    lines = [f"3,{pixels},Training", f"0,{pixels},PublicTest", "6,1 2 3,PrivateTest", f"4,{pixels},PrivateTest"]
    text(folder / "fer2013.csv", "emotion,pixels,Usage", *lines)


def fer_plus(folder: Path) -> None:
    fer2013(folder)
    header = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
    lines = ["Training,fer0000000.png,1,0,0,0,0,0,0,8,1,0", "PublicTest,fer0000001.png,4,0,0,4,1,0,0,0,1,0"]
    lines += ["PrivateTest,fer0000002.png,10,0,0,0,0,0,0,0,0,0", "PrivateTest,fer0000003.png,0,0,0,0,0,0,0,0,0,10"]
    lines += ["PrivateTest,fer0000004.png,10,0,0,0,0,0,0,0,0,0"]
    text(folder / "fer2013new.csv", header, *lines)


def london(folder: Path) -> None:
    for person in ("001", "002"):
        picture(folder / "neutral" / f"{person}.jpg")
        text(folder / "neutral" / f"{person}.tem", "3", "1\t2", "3\t4", "5\t6", "1", "0")
        picture(folder / "smiling" / f"{person}.jpg")
    text(folder / "subjects.csv", "face_id,face_age,face_gender,face_eth", "001,24,female,white", "002,,male,black")


def one_person(folder: Path) -> None:
    picture(folder / "a1.jpg")
    text(folder / "a1.tem", "2", "1\t2", "3\t4")


def csv_table(folder: Path) -> None:
    text(
        folder / "labels.csv",
        "file,subject,valence,arousal,expression,action_units,box",
        'one.png,anna,0.5,-0.25,Happy,"AU12=0.8,6=1",1 2 3 4',
        "two.png,bert,much,,grumpy,,1 2 3",
        ",carl,0,0,,,",
        "one.png,anna,0.5,,,,",
    )
    picture(folder / "one.png")
    picture(folder / "two.png")


def image_folder(folder: Path) -> None:
    for name in ("train/Happy/1", "val/neutral/2", "sadly-angry/3", "anna/fear/4", "train/whatever/5"):
        picture(folder / f"{name}.jpg")


SETS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "affectnet": ("affectnet", affectnet_2017),
    "affectnet_2021": ("affectnet", affectnet_2021),
    "aff-wild": ("aff-wild", aff_wild),
    "aff-wild2": ("aff-wild2", aff_wild2),
    "aff-wild2-va": ("aff-wild2-va", aff_wild2),
    "aff-wild2-expr": ("aff-wild2-expr", aff_wild2),
    "aff-wild2-au": ("aff-wild2-au", aff_wild2),
    "recola": ("recola", recola),
    "recola_avec": ("recola", recola_avec),
    "afew": ("afew", afew),
    "afew-va": ("afew-va", afew_va),
    "raf-db": ("raf-db", raf_db),
    "bu-3dfe": ("bu-3dfe", bu_3dfe),
    "bosphorus": ("bosphorus", bosphorus),
    "multi-pie": ("multi-pie", multi_pie),
    "kf-itw": ("kf-itw", kf_itw),
    "fei": ("fei", fei),
    "face-place": ("face-place", face_place),
    "stirling-pain": ("stirling-pain", stirling_pain),
    "stirling-iranian": ("stirling-iranian", stirling_iranian),
    "stirling-nottingham": ("stirling-nottingham", stirling_nottingham),
    "fera2017": ("fera2017", fera2017),
    "bp4d": ("bp4d", bp4d),
    "disfa": ("disfa", disfa),
    "unbc": ("unbc", unbc),
    "celeba": ("celeba", celeba),
    "fer2013": ("fer2013", fer2013),
    "fer_plus": ("fer2013", fer_plus),
    "london": ("london", london),
    "lisa": ("lisa", one_person),
    "zoom": ("zoom", one_person),
    "csv": ("csv", csv_table),
    "image-folder": ("image-folder", image_folder),
}
"""Adapter and builder of each miniature."""
