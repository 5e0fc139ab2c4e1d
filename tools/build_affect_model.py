"""Write the affect model that ships in the wheel, from the published tables.

    python tools/build_affect_model.py

Its checksum then goes into `src/affectface/assets/checksums.txt`, by `python tools/update_checksums.py`.
"""

from affectface.assets import find_asset
from affectface.gallery.affect_model_files import save_affect_model
from affectface.gallery.prototypes import build_prototype_model

if __name__ == "__main__":
    save_affect_model(build_prototype_model(), find_asset("affect-model").path)
