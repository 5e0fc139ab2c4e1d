"""Metrics of batches are those of all rows, however they are cut."""

from __future__ import annotations

import math

import numpy as np
import pytest

from affectface.recognition.metrics import concordance, macro_f1, valence_arousal_scores

torch = pytest.importorskip("torch", reason="torch is not installed: pip install affectface[train]")
pytest.importorskip("torchmetrics", reason="torchmetrics is not installed: pip install affectface[train]")

from affectface.recognition.metrics.torch_metrics import GatheredMetric  # noqa: E402

ROWS = np.random.default_rng(0).uniform(-1, 1, (2, 50)).astype(np.float32)


@pytest.mark.parametrize("size", [1, 7, 50])
def test_batches_make_no_difference(size: int) -> None:
    metric = GatheredMetric(concordance)
    for start in range(0, 50, size):
        metric.update(*(torch.from_numpy(rows[start : start + size]) for rows in ROWS))
    assert metric.compute().item() == concordance(ROWS[1], ROWS[0])


def test_what_torchmetrics_says() -> None:
    from torchmetrics.regression import ConcordanceCorrCoef

    theirs = ConcordanceCorrCoef()
    said, labels = (torch.from_numpy(rows) for rows in ROWS)
    # theirs divides the variances by N - 1
    x, y = ROWS.astype(np.float64)
    ours = 2 * np.cov(x, y)[0, 1] / (x.var(ddof=1) + y.var(ddof=1) + (x.mean() - y.mean()) ** 2)
    assert theirs(said, labels).item() == pytest.approx(ours, abs=1e-6)
    assert GatheredMetric(concordance)(said, labels).item() == pytest.approx(ours, abs=0.02)


def test_a_batch_has_its_own_figure_and_reset_forgets() -> None:
    metric = GatheredMetric(concordance)
    first = metric(*(torch.from_numpy(rows[:20]) for rows in ROWS))
    assert first.item() == concordance(ROWS[1, :20], ROWS[0, :20])
    metric.update(*(torch.from_numpy(rows[20:]) for rows in ROWS))
    assert metric.compute().item() == concordance(ROWS[1], ROWS[0])
    metric.reset()
    with pytest.warns(UserWarning, match="before the ``update`` method"):  # torchmetrics' own
        assert math.isnan(metric.compute().item())


def test_classes_and_points() -> None:
    truth, said = torch.tensor([0, 1, 2, 2]), torch.tensor([0, 2, 2, 2])
    classes = GatheredMetric(lambda x, y: macro_f1(x, y, range(3)))
    classes.update(said, truth)
    assert classes.compute().item() == macro_f1([0, 1, 2, 2], [0, 2, 2, 2])
    points = GatheredMetric(lambda x, y: valence_arousal_scores(x, y)["mean"]["ccc"])
    points.update(torch.from_numpy(ROWS[0].reshape(25, 2)), torch.from_numpy(ROWS[1].reshape(25, 2)))
    expected = valence_arousal_scores(ROWS[1].reshape(25, 2), ROWS[0].reshape(25, 2))["mean"]["ccc"]
    assert points.compute().item() == expected


def test_half_precision_and_gradients_are_taken_as_they_are() -> None:
    metric = GatheredMetric(concordance)
    said = torch.tensor([0.1, 0.5], dtype=torch.bfloat16, requires_grad=True)
    metric.update(said, torch.tensor([0.1, 0.5]))
    assert metric.compute().item() == pytest.approx(1, abs=0.01)
    with pytest.raises(ValueError, match="the same number of rows"):
        metric.update(said, torch.tensor([0.1]))
