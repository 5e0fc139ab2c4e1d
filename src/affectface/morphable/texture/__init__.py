"""What a face looks like, as features instead of colours: feature images, robust PCA, and the texture model."""
