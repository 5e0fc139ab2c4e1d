"""Write the checksums of the assets, after a shipped one was made anew or the importer of an added one changed.

python tools/update_checksums.py [ict_facekit_light.npz]
"""

import sys
from pathlib import Path

import affectface.assets
from affectface.assets import ASSETS, find_asset
from affectface.assets.ict_facekit import PACKED_SHA256
from affectface.files import sha256_of
from affectface.morphable.importers.ict_facekit import import_ict_facekit
from affectface.morphable.library import fingerprint

if __name__ == "__main__":
    checksums = {asset.file: sha256_of(asset.path) for asset in ASSETS if asset.shipped and asset.there}
    added = find_asset("ict-facekit")
    checksums[added.file] = added.sha256 or ""
    for packed in sys.argv[1:]:
        if sha256_of(packed) != PACKED_SHA256:
            sys.exit(f"{packed} is not the packed ICT-FaceKit light whose checksum is known")
        checksums[added.file] = fingerprint(import_ict_facekit(packed))
    text = "".join(f"{checksum}  {file}\n" for file, checksum in checksums.items())
    (Path(affectface.assets.__file__).parent / "checksums.txt").write_text(text, encoding="utf-8", newline="\n")
    print(text, end="")
