"""Kollias 2020, tables 2 to 9 with figures 12 to 19: trained with synthetic images, and without them.

The numbers are the paper's, as printed; none is ours.
"""

from __future__ import annotations

from affectface.recognition.experiments.design import (
    CCC,
    EIGHT,
    MADE,
    MSE,
    REAL,
    SEVEN,
    Arm,
    Experiment,
    PaperRow,
    Study,
    Training,
)

WITHOUT = Arm(name="real", title="without augmentation")
WITH = Arm(name="real+synthetic", title="with synthetic images", learns=(REAL, MADE))
CLASSICAL = Arm(name="real+classical", title="with classical augmentation on the fly", classical=True)
STARGAN = Arm(name="real+stargan", title="with images by StarGAN", learns=(REAL, "stargan"))
GANIMATION = Arm(name="real+ganimation", title="with images by GANimation", learns=(REAL, "ganimation"))
ARMS = (WITHOUT, CLASSICAL, STARGAN, GANIMATION, WITH)

_PEARSON, _SAGR = ("valence.pearson", "arousal.pearson"), ("valence.sagr", "arousal.sagr")
_DIAGONALS = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
_FACE = Training(network="vgg-face", rate=1e-4)

AFF_WILD = Study(
    data="aff-wild",
    # AffWildNet is told landmarks, which classical augmentation would leave behind
    arms=(WITHOUT, STARGAN, GANIMATION, WITH),
    metrics=(*CCC, *MSE),
    training=Training(network="vgg-face-gru", rate=1e-4, batch=4),
    plots=("plane",),
    table="Table 2",
    paper=(
        PaperRow(title="FATAUVA-Net (Chang et al. 2017)", values=(0.396, 0.282, 0.123, 0.095)),
        PaperRow(title="VGG-FACE-GRU trained using StarGAN", values=(0.556, 0.424, 0.085, 0.060), arm="real+stargan"),
        PaperRow(
            title="VGG-FACE-GRU trained using GANimation", values=(0.576, 0.433, 0.077, 0.057), arm="real+ganimation"
        ),
        PaperRow(title="AffWildNet (Kollias et al. 2017, 2019)", values=(0.570, 0.430, 0.080, 0.060), arm="real"),
        PaperRow(
            title="VGG-FACE-GRU trained using the proposed approach",
            values=(0.595, 0.445, 0.074, 0.051),
            arm="real+synthetic",
        ),
    ),
)
RECOLA = Study(
    data="recola",
    arms=ARMS,
    metrics=CCC,
    training=Training(network="resnet-gru", rate=1e-4, batch=4),
    plots=("plane",),
    table="Table 3",
    paper=(
        PaperRow(title="ResNet-GRU (Kollias et al. 2019)", values=(0.462, 0.209), arm="real"),
        PaperRow(title="ResNet-GRU trained using StarGAN", values=(0.503, 0.245), arm="real+stargan"),
        PaperRow(title="ResNet-GRU trained using GANimation", values=(0.486, 0.222), arm="real+ganimation"),
        PaperRow(title="Fine-tuned AffWildNet (Kollias et al. 2019)", values=(0.526, 0.273)),
        PaperRow(title="ResNet-GRU trained using the proposed approach", values=(0.554, 0.312), arm="real+synthetic"),
    ),
)
AFFECTNET = Study(
    data="affectnet",
    name="affectnet-plane",
    title="AffectNet, valence and arousal",
    arms=ARMS,
    metrics=(*CCC, *_PEARSON, *_SAGR, *MSE),
    training=_FACE,
    plots=("plane",),
    table="Table 4",
    paper=(
        PaperRow(title="AlexNet (Mollahosseini et al. 2017)", values=(0.60, 0.34, 0.66, 0.54, 0.74, 0.65, 0.14, 0.17)),
        PaperRow(title="The VGG-FACE baseline", values=(0.50, 0.37, 0.54, 0.48, 0.65, 0.60, 0.19, 0.18), arm="real"),
        PaperRow(
            title="VGG-FACE trained using StarGAN",
            values=(0.55, 0.42, 0.58, 0.49, 0.74, 0.73, 0.17, 0.16),
            arm="real+stargan",
        ),
        PaperRow(
            title="VGG-FACE trained using GANimation",
            values=(0.56, 0.45, 0.59, 0.51, 0.74, 0.74, 0.15, 0.16),
            arm="real+ganimation",
        ),
        PaperRow(
            title="VGG-FACE trained using the proposed approach",
            values=(0.62, 0.54, 0.66, 0.55, 0.78, 0.75, 0.14, 0.15),
            arm="real+synthetic",
        ),
    ),
)
AFEW_VA = Study(
    data="afew-va",
    arms=(WITHOUT, STARGAN, GANIMATION, WITH),
    metrics=(*_PEARSON, *MSE),
    training=Training(network="vgg-face-gru", rate=1e-4, batch=4),
    folds=True,
    plots=("plane",),
    table="Table 5",
    paper=(
        PaperRow(title="Best of Kossaifi et al. (2017)", values=(0.407, 0.450, 0.484, 0.247)),
        PaperRow(title="VGG-FACE trained using StarGAN", values=(0.512, 0.489, 0.262, 0.097), arm="real+stargan"),
        PaperRow(title="VGG-FACE trained using GANimation", values=(0.491, 0.453, 0.308, 0.151), arm="real+ganimation"),
        PaperRow(
            title="VGG-FACE-GRU trained using the proposed approach",
            values=(0.562, 0.614, 0.226, 0.075),
            arm="real+synthetic",
        ),
    ),
)
RAF_DB = Study(
    data="raf-db",
    arms=ARMS,
    metrics=(*(f"diagonal.{name}" for name in _DIAGONALS), "mean_diagonal"),
    classes=SEVEN,
    training=_FACE,
    plots=("confusion",),
    table="Table 6",
    paper=(
        PaperRow(
            title="LDA-VGG-FACE (Li et al. 2017)", values=(0.661, 0.250, 0.378, 0.731, 0.515, 0.535, 0.472, 0.506)
        ),
        PaperRow(
            title="mSVM-VGG-FACE (Li et al. 2017)", values=(0.685, 0.275, 0.351, 0.853, 0.649, 0.663, 0.599, 0.582)
        ),
        PaperRow(
            title="The VGG-FACE baseline",
            values=(0.691, 0.287, 0.363, 0.853, 0.661, 0.666, 0.600, 0.589),
            arm="real",
        ),
        PaperRow(
            title="mSVM-DLP-CNN (Li et al. 2017)", values=(0.716, 0.522, 0.622, 0.928, 0.801, 0.812, 0.803, 0.742)
        ),
        PaperRow(
            title="VGG-FACE trained using the proposed approach",
            values=(0.784, 0.644, 0.622, 0.911, 0.812, 0.845, 0.806, 0.775),
            arm="real+synthetic",
        ),
    ),
)
AFFECTNET_CLASSES = Study(
    data="affectnet",
    name="affectnet-expressions",
    title="AffectNet, eight expressions",
    arms=ARMS,
    metrics=("accuracy", "macro_f1"),
    classes=EIGHT,
    training=_FACE,
    plots=("confusion",),
    table="Table 7",
    paper=(
        PaperRow(title="AlexNet (Mollahosseini et al. 2017)", values=(0.58, 0.58)),
        PaperRow(title="The VGG-FACE baseline", values=(0.52, 0.51), arm="real"),
        PaperRow(title="VGG-FACE trained using the proposed approach", values=(0.60, 0.59), arm="real+synthetic"),
    ),
)
AFEW = Study(
    data="afew",
    arms=ARMS,
    metrics=("accuracy",),
    classes=SEVEN,
    training=_FACE,
    plots=("confusion",),
    table="Table 8",
    paper=(
        PaperRow(title="The VGG-FACE baseline", values=(0.379,), arm="real"),
        PaperRow(title="VGG-FACE-external (Vielzeuf et al. 2017)", values=(0.414,)),
        PaperRow(title="VGG-FACE-FER (Knyazev et al. 2017)", values=(0.483,)),
        PaperRow(title="VGG-FACE-LSTM-external-augmentation (Vielzeuf et al. 2017)", values=(0.486,)),
        PaperRow(title="VGG-FACE trained using the proposed approach", values=(0.484,), arm="real+synthetic"),
    ),
)
BU_3DFE = Study(
    data="bu-3dfe",
    arms=ARMS,
    metrics=("accuracy",),
    classes=SEVEN,
    training=Training(network="vgg-face-small", rate=1e-4),
    folds=True,
    plots=("confusion",),
    table="Table 9",
    paper=(
        PaperRow(title="The VGG-FACE baseline", values=(0.528,), arm="real"),
        PaperRow(title="VGG-FACE-augmentation", values=(0.588,), arm="real+classical"),
        PaperRow(title="VGG-FACE trained using the proposed approach", values=(0.768,), arm="real+synthetic"),
    ),
)

PUBLISHED = "networks of the paper start from published weights: give them with --weights and --layout"
FOLDS = "each row is tested by a recogniser that saw none of its person; criteria are of all folds' rows together"

_ABOUT = (
    (AFF_WILD, "table2", "and figure 12", (PUBLISHED,)),
    (RECOLA, "table3", "and figure 13", (PUBLISHED,)),
    (AFFECTNET, "table4", "and figure 14", (PUBLISHED,)),
    (AFEW_VA, "table5", "and figure 16", (PUBLISHED, f"5 folds: {FOLDS}")),
    (RAF_DB, "table6", "and figure 17", (PUBLISHED,)),
    (AFFECTNET_CLASSES, "table7", "and figure 18", (PUBLISHED,)),
    (AFEW, "table8", "and figure 19", (PUBLISHED, "frames are counted, in the paper videos")),
    (BU_3DFE, "table9", "", (PUBLISHED, f"10 folds: {FOLDS}; the paper has the mean of the folds")),
)

TABLES = tuple(
    Experiment(
        name=f"kollias-{name}",
        title=f"{study.title or study.data}: with synthetic images against without",
        source=f"Kollias 2020, {study.table} {more}".strip(),
        studies=(study,),
        notes=notes,
    )
    for study, name, more, notes in _ABOUT
)
