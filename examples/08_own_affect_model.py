"""An affect model of one's own, all the way from 4D scans, here of simulated people whose true faces are known.

Scans -> ingest -> register -> build -> a portrait that smiles as these people do. With a 4D set of your own it starts
at `plan_ingest`. The command line has the same steps: `affectface gallery synthesize`, `ingest`, `register`, `build`.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import affectface as af
from affectface.assets.example import example_photo
from affectface.gallery.affect_model_files import save_affect_model
from affectface.gallery.building.build import build_affect_model
from affectface.gallery.correspondence.galleries import register_gallery
from affectface.gallery.library import load_named_affect_model
from affectface.gallery.scans import IngestConfig, ingest_scans, plan_ingest
from affectface.gallery.store import open_gallery
from affectface.gallery.synthetic.config import Selection, SynthesisPlan
from affectface.gallery.synthetic.scan_folder import ScanConfig, synthesize_scans
from affectface.gallery.synthetic.scanner import ScannerConfig
from affectface.gallery.synthetic.writing import synthesize_gallery
from affectface.morphable.library import load_named_face_model
from affectface.synthesis.sheets import draw_sheet

out = Path(sys.argv[1] if len(sys.argv) > 1 else "examples/out")
out.mkdir(parents=True, exist_ok=True)
face_model = load_named_face_model("embedded")
happiness = af.Expression("happiness")

with TemporaryDirectory() as name:
    folder = Path(name)
    # Three people at rest and smiling: other vertices and triangles in each frame, holes, noise, the head moving.
    plan, part = SynthesisPlan(people=3), Selection(only=("directed/happiness",), frames=2)
    scanner = ScanConfig(scanner=ScannerConfig(points=15_000))
    synthesize_scans(folder / "scans", plan, face_model, selection=part, config=scanner)

    config = IngestConfig(frame_rate=plan.frame_rate, labels=folder / "scans" / "labels.csv")
    ingest_scans(plan_ingest(folder / "scans", config), folder / "scans.gallery")
    scans = open_gallery(folder / "scans.gallery")
    register_gallery(scans, folder / "meshes.gallery", face_model.name, workers=0)
    meshes = open_gallery(folder / "meshes.gallery")
    shipped = load_named_affect_model()  # for whatever these people do not show
    built = build_affect_model(
        meshes, "three people", scratch=folder / "work", face_model=face_model, base=shipped
    ).model
    save_affect_model(built, out / "08_three_people.npz")  # the command line takes it too: --affect-model

    # How near is it to what they did? The true meshes are known; only what a scanner sees is compared.
    synthesize_gallery(folder / "true.gallery", plan, face_model=face_model, selection=part)
    true = open_gallery(folder / "true.gallery")
    frames = [true.values(sequence.name) for sequence in true.sequences]
    skin = np.unique(face_model.triangles[face_model.region("face")])
    did = np.mean([shown[-1] - shown[0] for shown in frames], axis=0)[skin]
    found = face_model.deformation(face_model.expression_vector(built.strengths(happiness)))[skin]
    off = np.linalg.norm(found - did, axis=1).mean()
    print(
        f"the smile moves the face by {10 * np.linalg.norm(did, axis=1).mean():.2f} mm, found within {10 * off:.2f} mm"
    )

portrait = af.Portrait.open(example_photo(), face_model=face_model, affect_model=built)
af.write_image(out / "08_happiness.png", portrait.express(happiness), portrait.provenance(happiness))
af.write_image(
    out / "08_expressions.png", draw_sheet(portrait, "expressions"), portrait.provenance({"sheet": "expressions"})
)
