"""Valence and arousal with a known label: people of the London set, tested by recognisers that saw the others.

The kind of network, the parts of the face that it looks at and the penalty were chosen while figures of these people,
tested by recognisers of others, were seen; nothing was chosen on the people of a fold by its own recogniser.
"""

from __future__ import annotations

from affectface.recognition.experiments.design import CCC, MSE, Arm, Study, Training

PLANE, EXACT = "plane", "exact"
"""Roles: images over the plane, each affect shown as one of many people would, and by all alike; of neutral photos."""

PLANE_SMILING, EXACT_SMILING = "plane-smiling", "exact-smiling"
"""The same of the smiling photos, which are only learned from: a person's second photo in other light."""

PLANE_FOLDS = 10
"""A person is what is scarce: nine tenths are learned from."""

PLANE_STUDY = Study(
    data="london",
    name="plane",
    title="Valence and arousal of synthetic images of people it never saw",
    arms=(
        Arm(
            name="as people differ",
            title="each affect as one of many people would show it",
            learns=(PLANE, PLANE_SMILING),
            tested=PLANE,
        ),
        Arm(
            name="all alike",
            title="each affect shown alike by all",
            learns=(EXACT, EXACT_SMILING),
            tested=EXACT,
        ),
        Arm(
            name="all alike, neutral photos",
            title="each affect shown alike by all, learned from images of neutral photos only",
            learns=(EXACT,),
            tested=EXACT,
        ),
    ),
    metrics=(*CCC, *MSE),
    training=Training(network="aligned-gradients", loss="mse", optimiser="ridge", decay=1.0),
    seeds=1,
    folds=True,
    against=(("all alike, neutral photos", "all alike"),),
    plots=("plane",),
)
