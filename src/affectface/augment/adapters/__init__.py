"""How the data sets of others are laid out, one short file each; `affectface.augment.adapters.names` lists them."""
