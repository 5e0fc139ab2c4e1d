"""Trains on a manifest, in a process of its own that can be killed: manifest, folder, steps after which it says so."""

import sys
import time

from affectface.recognition.networks.build import NetworkConfig
from affectface.recognition.networks.outputs import Outputs
from affectface.recognition.training.config import TrainConfig
from affectface.recognition.training.cutting import cut_faces
from affectface.recognition.training.faces import faces_of
from affectface.recognition.training.train import train_recogniser

CONFIG = TrainConfig(
    network=NetworkConfig(outputs=Outputs(classes=("happiness", "sadness")), side=32), epochs=3, batch=8, save_every=4
)


def main(manifest: str, folder: str, slow: bool) -> None:
    outputs = CONFIG.network.outputs
    faces = tuple(
        cut_faces(faces_of(manifest, outputs, side=32, split=split), f"{folder}/faces")
        for split in ("train", "validation")
    )

    def progress(step: int, steps: int, scores: dict[str, float]) -> None:
        print(step, flush=True)
        if slow:
            time.sleep(0.2)

    train_recogniser(CONFIG, faces, folder, progress=progress)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], len(sys.argv) > 3)
