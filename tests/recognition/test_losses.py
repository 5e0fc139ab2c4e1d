"""Losses: what they are by hand and by the metrics, their gradients, and what has no label."""

from __future__ import annotations

import math

import numpy as np
import pytest

from affectface.recognition.metrics import concordance, mean_absolute_error, mean_squared_error

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'affectface[train]'")

from affectface.recognition.losses import LossConfig, affect_loss, class_weights, concordance_loss  # noqa: E402
from affectface.recognition.networks.outputs import Prediction  # noqa: E402

ONLY = {"concordance": 0.0, "squared_error": 0.0, "absolute_error": 0.0, "cross_entropy": 0.0}


def rows(count: int, columns: int = 2, seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).uniform(-1, 1, (count, columns)))


def test_the_loss_is_the_metric() -> None:
    labels, said = rows(40)[:, 0], rows(40, seed=1)[:, 0]
    assert concordance_loss(labels, said).item() == pytest.approx(1 - concordance(labels, said), abs=1e-7)
    assert concordance_loss(labels, labels).item() == pytest.approx(0, abs=1e-7)
    assert concordance_loss(labels, -labels + 2 * labels.mean()).item() == pytest.approx(2, abs=1e-7)


def test_gradients() -> None:
    labels = rows(7)
    said = rows(7, seed=1).requires_grad_()
    logits = rows(7, 3, seed=2).requires_grad_()
    classes = torch.tensor([0, 1, 2, 2, -1, 0, 1])
    labels[3] = math.nan
    config = LossConfig(squared_error=0.5, class_weights=(1.0, 2.0, 0.5))
    assert torch.autograd.gradcheck(lambda x: concordance_loss(labels[:3, 0], x), said[:3, 0])
    assert torch.autograd.gradcheck(
        lambda x, y: affect_loss(Prediction(x, y), labels, classes, config)["loss"], (said, logits)
    )


@pytest.mark.parametrize("value", [0.0, 0.1])
def test_what_does_not_vary_has_finite_gradients(value: float) -> None:
    said = torch.full((5,), value, requires_grad=True)
    loss = concordance_loss(torch.full((5,), 0.1), said)
    loss.backward()
    assert loss.item() == pytest.approx(1)
    assert torch.isfinite(said.grad).all()
    alone = torch.tensor([0.3], requires_grad=True)
    concordance_loss(torch.tensor([0.3]), alone).backward()
    assert torch.isfinite(alone.grad).all()


def test_descent_reaches_the_labels() -> None:
    labels = rows(30)
    said = torch.zeros_like(labels) + 0.01 * rows(30, seed=3)
    said.requires_grad_()
    optimiser = torch.optim.Adam([said], lr=0.1)
    config = LossConfig(**ONLY | {"concordance": 1.0})
    for _ in range(120):
        optimiser.zero_grad()
        affect_loss(Prediction(said, None), labels, None, config)["loss"].backward()
        optimiser.step()
    assert all(concordance(labels[:, i], said[:, i].detach()) > 0.99 for i in range(2))


def test_parts_and_their_sum() -> None:
    labels, said, logits = rows(20), rows(20, seed=1), rows(20, 4, seed=2)
    classes = torch.arange(20) % 4
    config = LossConfig(concordance=0.5, squared_error=2, absolute_error=0.25, cross_entropy=3)
    parts = affect_loss(Prediction(said, logits), labels, classes, config)
    both = [(labels[:, i], said[:, i]) for i in range(2)]
    assert parts["concordance"].item() == pytest.approx(1 - np.mean([concordance(*pair) for pair in both]))
    assert parts["squared_error"].item() == pytest.approx(np.mean([mean_squared_error(*pair) for pair in both]))
    assert parts["absolute_error"].item() == pytest.approx(np.mean([mean_absolute_error(*pair) for pair in both]))
    by_hand = -torch.log_softmax(logits, 1)[range(20), classes].mean()
    assert parts["cross_entropy"].item() == pytest.approx(by_hand.item())
    total = 0.5 * parts["concordance"] + 2 * parts["squared_error"] + 0.25 * parts["absolute_error"]
    assert parts["loss"].item() == pytest.approx((total + 3 * parts["cross_entropy"]).item())


def test_rows_without_a_label_change_nothing() -> None:
    labels, said, logits = rows(10), rows(10, seed=1), rows(10, 3, seed=2)
    classes = torch.arange(10) % 3
    whole = affect_loss(Prediction(said[:6], logits[:6]), labels[:6], classes[:6], LossConfig())
    labels[6:, 0], classes[6:] = math.nan, -1
    part = affect_loss(Prediction(said, logits), labels, classes, LossConfig())
    assert {name: value.item() for name, value in part.items()} == {name: v.item() for name, v in whole.items()}


def test_a_batch_without_labels_costs_nothing() -> None:
    said = rows(4).requires_grad_()
    parts = affect_loss(Prediction(said, None), torch.full((4, 2), math.nan), None, LossConfig())
    assert list(parts) == ["loss"]
    parts["loss"].backward()
    assert parts["loss"].item() == 0
    assert (said.grad == 0).all()
    # nor does one whose only classes count nothing
    weighted = LossConfig(class_weights=(0.0, 1.0, 1.0))
    logits = rows(2, 3)
    assert affect_loss(Prediction(None, logits), None, torch.tensor([0, 0]), weighted)["loss"].item() == 0


def test_sequences_are_rows() -> None:
    labels, said = rows(12).reshape(3, 4, 2), rows(12, seed=1).reshape(3, 4, 2)
    one = affect_loss(Prediction(said, None), labels, None, LossConfig())["loss"]
    other = affect_loss(Prediction(said.reshape(12, 2), None), labels.reshape(12, 2), None, LossConfig())["loss"]
    assert one.item() == other.item()


def test_half_precision_is_raised() -> None:
    labels, said = rows(30).float(), rows(30, seed=1).float()
    half = affect_loss(Prediction(said.bfloat16(), None), labels, None, LossConfig())["loss"]
    assert half.dtype == torch.float32
    assert half.item() == pytest.approx(
        affect_loss(Prediction(said, None), labels, None, LossConfig())["loss"].item(), abs=0.01
    )


def test_class_weights() -> None:
    weights = class_weights([10, 30, 0, 60])
    np.testing.assert_allclose(weights, [100 / 30, 100 / 90, 0, 100 / 180])
    np.testing.assert_allclose(np.dot(weights, [10, 30, 0, 60]) / 100, 1)
    # by them every class has the same say: two classes, one rare, both answered by one and the same guess
    logits, classes = torch.tensor([[1.0, 0.0]]).repeat(10, 1), torch.tensor([0] * 9 + [1])
    config = LossConfig(class_weights=class_weights([9, 1]))
    fair = affect_loss(Prediction(None, logits), None, classes, config)["loss"].item()
    losses = -torch.log_softmax(logits[0], 0)
    assert fair == pytest.approx(losses.mean().item())
    with pytest.raises(ValueError, match="rows of at least one class"):
        class_weights([0, 0])


def test_senseless_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="0 or more are needed"):
        LossConfig(concordance=-1)
    with pytest.raises(ValueError, match="0 or more are needed"):
        LossConfig(class_weights=(1.0, math.nan))
    with pytest.raises(ValueError, match=r"affect has shape \(3,\); \(3, 2\) is needed"):
        affect_loss(Prediction(rows(3), None), torch.zeros(3), None, LossConfig())
    with pytest.raises(ValueError, match=r"expression has shape \(2,\); \(3,\) is needed"):
        affect_loss(Prediction(None, rows(3, 4)), None, torch.zeros(2, dtype=torch.int64), LossConfig())
    with pytest.raises(ValueError, match="2 class weights for 4 classes"):
        affect_loss(
            Prediction(None, rows(3, 4)), None, torch.zeros(3, dtype=torch.int64), LossConfig(class_weights=(1, 1))
        )
    with pytest.raises(ValueError, match="the network predicts nothing"):
        affect_loss(Prediction(None, None), None, None, LossConfig())
