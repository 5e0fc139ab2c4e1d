"""What ships in the wheel, and the registry of what can be added."""

from affectface.assets.registry import ASSETS, Asset, asset_path, find_asset, user_folder

__all__ = ["ASSETS", "Asset", "asset_path", "find_asset", "user_folder"]
