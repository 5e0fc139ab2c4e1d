"""Write the checksums of the shipped assets, after one of them was made anew.

python tools/update_checksums.py
"""

from pathlib import Path

import affectface.assets
from affectface.assets import ASSETS
from affectface.assets.download import sha256_of

if __name__ == "__main__":
    lines = [f"{sha256_of(asset.path)}  {asset.file}\n" for asset in ASSETS if asset.shipped and asset.there]
    (Path(affectface.assets.__file__).parent / "checksums.txt").write_text(
        "".join(lines), encoding="utf-8", newline="\n"
    )
    print("".join(lines), end="")
