"""Lindt 2019, tables III and IV and figure 2: networks as judges of made images, and where those differ from neutral.

The numbers are the paper's, as printed; none is ours.
"""

from __future__ import annotations

from affectface.recognition.experiments.design import CCC, MADE, Arm, Experiment, Group, PaperRow, Study, Training
from affectface.recognition.experiments.kollias import CLASSICAL, WITH, WITHOUT

_CRITERIA = ("valence.rmse", "arousal.rmse", "valence.sagr", "arousal.sagr", *CCC)
_NETWORKS = Training(network="lindt", loss="mae", optimiser="sgd", rate=1e-3)
_THEIRS = Arm(name="real on caae", title="trained on real images, tested on those of the autoencoder", tested="caae")
_OURS = Arm(name="real on synthetic", title="trained on real images, tested on synthetic ones", tested=MADE)

EXPERIMENTS = (
    Experiment(
        name="lindt-table3",
        title="Networks for valence and for arousal on real images",
        source="Lindt 2019, Table III; agreement of two annotators from Table I",
        studies=(
            Study(
                data="affectnet",
                name="affectnet-lindt",
                arms=(WITHOUT, CLASSICAL, WITH),
                metrics=_CRITERIA,
                training=_NETWORKS,
                plots=("plane",),
                table="Table III",
                paper=(
                    PaperRow(title="classifiers", values=(0.450, 0.411, 0.676, 0.708, 0.484, 0.405), arm="real"),
                    PaperRow(
                        title="two annotators (Mollahosseini et al. 2017)",
                        values=(0.340, 0.362, 0.815, 0.667, 0.821, 0.551),
                    ),
                ),
            ),
        ),
        notes=(
            "the widths of the networks' layers are ours; tested is the split test: AffectNet's own validation set, "
            "where the paper takes 4,500 images out of the training set",
        ),
    ),
    Experiment(
        name="lindt-table4",
        title="What those networks see in made images",
        source="Lindt 2019, Table IV",
        studies=(
            Study(
                data="affectnet",
                name="affectnet-lindt",
                arms=(_THEIRS, _OURS),
                metrics=_CRITERIA,
                training=_NETWORKS,
                groups=(
                    Group(name="all", paper=((_THEIRS.name, (0.528, 0.607, 0.567, 0.483, 0.312, 0.210)),)),
                    Group(
                        name="extreme",
                        extreme=True,
                        paper=((_THEIRS.name, (0.671, 0.720, 0.691, 0.624, 0.353, 0.267)),),
                    ),
                ),
                table="Table IV",
            ),
        ),
        notes=(
            "the paper's extreme images are 18,000 of 220,500, the corners of a grid over the square; ours lie on the "
            "disc, so strong affects near its diagonals are taken: valence and arousal at least 0.5, together 0.9",
            "made images are those of people of the split test",
        ),
    ),
    Experiment(
        name="lindt-heat-maps",
        title="Where made images differ from neutral ones",
        source="Lindt 2019, figure 2",
        heat_maps=("celeba",),
        notes=(
            "each pixel has the largest difference of its three channels, summed over people and brought to 1 at the "
            "brightest (section IV-C); the nearest of 49 labels is taken, and of a person's images that are nearest to "
            "(0, 0) one is the neutral one",
        ),
    ),
)
