"""Labels and predictions of which other packages' answers are recorded."""

import numpy as np

LABELS = np.array([0.25, 0.79, 0.55, -0.55, -0.4, 0.75, -0.99, 0.64, 0.59, -0.06, -0.39, -0.44])
PREDICTIONS = np.array([0.38, 0.39, 0.52, 0.08, -0.44, 0.51, -0.96, 0.2, 0.0, 0.09, -0.41, 0.02])
