"""Networks: as many parameters as published, torchvision's answers, shapes, gradients, and the same seed the same."""

from __future__ import annotations

from typing import Any, get_args

import pytest

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'affectface[train]'")

from known_weights import known_images, known_weights  # noqa: E402

from affectface.recognition.networks.alexnet import AlexNet, AlexNetConvolutions  # noqa: E402
from affectface.recognition.networks.aligned import AlignedGradientNet  # noqa: E402
from affectface.recognition.networks.build import (  # noqa: E402
    SEQUENCE_NETWORKS,
    NetworkConfig,
    NetworkName,
    build_network,
)
from affectface.recognition.networks.compact import CompactNet  # noqa: E402
from affectface.recognition.networks.gradients import GradientNet  # noqa: E402
from affectface.recognition.networks.lindt import LindtPair  # noqa: E402
from affectface.recognition.networks.outputs import EIGHT_EXPRESSIONS, SEVEN_EXPRESSIONS, Outputs  # noqa: E402
from affectface.recognition.networks.recurrent import ResNetGru, VggFaceGru  # noqa: E402
from affectface.recognition.networks.resnet import ResNet50, ResNetConvolutions  # noqa: E402
from affectface.recognition.networks.vgg import VggConvolutions, VggFace  # noqa: E402

AFFECT = Outputs()
CLASSES = Outputs(valence_arousal=False, classes=SEVEN_EXPRESSIONS)
BOTH = Outputs(classes=EIGHT_EXPRESSIONS)
NAMES = get_args(NetworkName)


def parameters(network: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def learning(network: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)


def tiny(name: str, outputs: Outputs) -> torch.nn.Module:
    """A network of small images and few hidden units, and else as it is."""
    match name:
        case "vgg-face":
            return VggFace(outputs, hidden=(16, 8), side=32)
        case "vgg-face-small":
            return VggFace(outputs, hidden=(16, 8), side=32, frozen=True)
        case "vgg-face-gru":
            return VggFaceGru(outputs, hidden=16, side=32)
        case "alexnet":
            return AlexNet(outputs, hidden=(16, 8))
        case "resnet50":
            return ResNet50(outputs)
        case "resnet-gru":
            return ResNetGru(outputs)
        case "lindt":
            return LindtPair(outputs, side=32)
        case "gradients":
            return GradientNet(outputs, side=32)
        case "aligned-gradients":
            return AlignedGradientNet(outputs)
        case _:
            return CompactNet(outputs, side=32)


def fed(name: str) -> tuple[torch.Tensor, ...]:
    """Random images, and landmarks for those that want them."""
    torch.manual_seed(3)
    side = 64 if name == "alexnet" else 32
    if name == "aligned-gradients":
        return torch.randn(3, 3, side, side), torch.rand(3, 68, 2) * 2 - 1
    if name not in SEQUENCE_NETWORKS:
        return (torch.randn(3, 3, side, side),)
    return (torch.randn(2, 3, 3, side, side), torch.rand(2, 3, 68, 2) * 2 - 1)


@pytest.fixture(scope="module")
def networks() -> dict[str, torch.nn.Module]:
    torch.manual_seed(0)
    return {name: tiny(name, AFFECT if name == "lindt" else BOTH) for name in NAMES}


# --- as published -----------------------------------------------------------------------------------------------------


def test_as_many_parameters_as_published() -> None:
    with torch.device("meta"):
        thousand = Outputs(valence_arousal=False, classes=tuple(map(str, range(1000))))
        assert parameters(VggFace(thousand)) == 138_357_544  # torchvision's table: vgg16
        assert parameters(ResNet50(thousand)) == 25_557_032  # resnet50
        assert parameters(AlexNet(thousand)) == 61_100_840  # alexnet
        people = Outputs(valence_arousal=False, classes=tuple(map(str, range(2622))))
        assert parameters(VggFace(people)) == 145_002_878  # VGG-FACE of 2,622 people
        vgg = 14_714_688
        assert parameters(VggConvolutions()) == vgg
        # BU-3DFE: only 256 and 128 units and the classes learn
        small = build_network(NetworkConfig(name="vgg-face-small", outputs=CLASSES))
        assert learning(small) == 25_088 * 256 + 256 + 256 * 128 + 128 + 128 * 7 + 7
        assert parameters(small) == learning(small) + vgg
        # AffWildNet: 3 x 3 places of 512 channels and 136 coordinates to 4096 units; two recurrent layers of 128
        gru = 3 * 128 * (4096 + 128 + 2) + 3 * 128 * (128 + 128 + 2)
        affwild = build_network(NetworkConfig(name="vgg-face-gru"))
        assert parameters(affwild) == vgg + (9 * 512 + 136) * 4096 + 4096 + gru + 128 * 2 + 2
        blind = build_network(NetworkConfig(name="vgg-face-gru", landmarks=False))
        assert parameters(affwild) - parameters(blind) == 136 * 4096
        resnet = build_network(NetworkConfig(name="resnet-gru"))
        assert parameters(resnet) == 23_508_032 + gru - 3 * 128 * 2048 + 128 * 2 + 2
        # small enough for two cores
        assert parameters(CompactNet(BOTH)) < 3_000_000


PLACES = [0, 100, 500, 1000, 2000]

THEIRS: list[Any] = [
    (
        lambda: ResNetConvolutions("torchvision"),
        [486.0519104, 1075.138916, 387.093811, 84.4622955, 474.1242676],
        (515.090149, 471.829742),
    ),
    (
        lambda: ResNetConvolutions("caffe"),
        [305.4957886, 951.1514893, 304.8770447, 104.498497, 426.2583618],
        (453.565308, 413.714325),
    ),
    (AlexNetConvolutions, [0.5658991, 2.1757309, 0.8660096, 1.1506059, 1.6068635], (1.230975, 0.741340)),
    (VggConvolutions, [0.0, 0.0, 0.7309461, 0.7036796, 2.4638851], (0.950090, 0.978006)),
]
"""Answers of torchvision 0.28.0 with the same weights; of the Caffe form after its strides and pooling were changed."""


@pytest.mark.parametrize(("make", "values", "spread"), THEIRS, ids=["resnet50", "resnet50-caffe", "alexnet", "vgg16"])
def test_torchvision_says_the_same(make: Any, values: list[float], spread: tuple[float, float]) -> None:
    network = make().eval()
    network.load_state_dict(known_weights(network.state_dict()), strict=False)
    with torch.no_grad():
        features = network(known_images()).flatten(1)
    assert features[0, PLACES].tolist() == pytest.approx(values, rel=1e-4, abs=1e-5)
    assert (features.mean().item(), features.std().item()) == pytest.approx(spread, rel=1e-5)


# --- of every network -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_shapes_and_gradients(name: str, networks: dict[str, torch.nn.Module]) -> None:
    network, images = networks[name].train(), fed(name)
    before = images[0].clone()
    said = network(*images)
    rows = (2, 3) if name in SEQUENCE_NETWORKS else (3,)
    assert said.valence_arousal.shape == (*rows, 2)
    assert said.expression is None if name == "lindt" else said.expression.shape == (*rows, 8)
    assert torch.equal(images[0], before)
    loss = said.valence_arousal.square().sum() + (0 if said.expression is None else said.expression.square().sum())
    loss.backward()
    for own, parameter in network.named_parameters():
        if "convolutions.layers" in own:  # frozen
            assert parameter.grad is None, own
        else:
            assert parameter.grad is not None, own
            assert torch.isfinite(parameter.grad).all(), own
    network.zero_grad(set_to_none=True)


@pytest.mark.parametrize("name", NAMES)
def test_in_use_it_says_the_same_twice_and_of_each_image_alone(name: str, networks: dict[str, torch.nn.Module]) -> None:
    network, images = networks[name].eval(), fed(name)
    with torch.no_grad():
        once, twice = network(*images), network(*images)
        alone = network(*(part[:1] for part in images))
    assert torch.equal(once.valence_arousal, twice.valence_arousal)
    torch.testing.assert_close(once.valence_arousal[:1], alone.valence_arousal, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", ["compact", "compact-small", "vgg-face-gru"])
def test_the_same_seed_trains_to_the_same_weights(name: str) -> None:
    def trained() -> torch.Tensor:
        torch.manual_seed(1)
        network = tiny(name, AFFECT).train()
        optimiser = torch.optim.SGD(network.parameters(), lr=0.01)
        for _ in range(2):
            optimiser.zero_grad()
            network(*fed(name)).valence_arousal.square().mean().backward()
            optimiser.step()
        return torch.cat([parameter.detach().flatten() for parameter in network.parameters()])

    assert torch.equal(trained(), trained())


def test_a_network_by_its_name_and_seed() -> None:
    config = NetworkConfig(outputs=CLASSES)
    state = torch.random.get_rng_state()
    one, same, other = build_network(config), build_network(config), build_network(config, seed=1)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.equal(one.heads.expression.weight, same.heads.expression.weight)
    assert not torch.equal(one.heads.expression.weight, other.heads.expression.weight)
    assert one.heads.valence_arousal is None
    with torch.device("meta"):
        for name in NAMES:
            build_network(NetworkConfig(name=name))


# --- of some ----------------------------------------------------------------------------------------------------------


def test_frozen_convolutions_stay() -> None:
    torch.manual_seed(0)
    network = ResNet50(AFFECT, frozen=True).train()
    before = {name: tensor.clone() for name, tensor in network.convolutions.state_dict().items()}
    optimiser = torch.optim.SGD([part for part in network.parameters() if part.requires_grad], lr=0.1)
    network(torch.randn(3, 3, 32, 32)).valence_arousal.square().sum().backward()
    optimiser.step()
    # the running means of the normalisations too
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.convolutions.state_dict().items())
    assert learning(network) == 2048 * 2 + 2


def test_a_frame_depends_on_those_before_and_not_on_those_after(networks: dict[str, torch.nn.Module]) -> None:
    network, (images, landmarks) = networks["vgg-face-gru"].eval(), fed("vgg-face-gru")
    changed = images.clone()
    changed[:, 1] += 1
    with torch.no_grad():
        one, other = network(images, landmarks).valence_arousal, network(changed, landmarks).valence_arousal
    assert torch.equal(one[:, 0], other[:, 0])
    assert not torch.isclose(one[:, 1], other[:, 1]).all()
    assert not torch.isclose(one[:, 2], other[:, 2], rtol=0, atol=1e-7).all()


def test_landmarks_are_heard(networks: dict[str, torch.nn.Module]) -> None:
    network, (images, landmarks) = networks["vgg-face-gru"].eval(), fed("vgg-face-gru")
    with torch.no_grad():
        one, other = network(images, landmarks).valence_arousal, network(images, -landmarks).valence_arousal
    assert not torch.isclose(one, other).all()
    with pytest.raises(ValueError, match=r"landmarks are None; shape \(2, 3, 68, 2\) is needed"):
        network(images)
    with pytest.raises(ValueError, match=r"landmarks are \(2, 3, 68, 3\)"):
        network(images, torch.zeros(2, 3, 68, 3))


def test_bounded_answers() -> None:
    network = CompactNet(Outputs(bounded=True), side=32).eval()
    network.heads.valence_arousal.weight.data *= 1e4
    assert network(torch.randn(4, 3, 32, 32)).valence_arousal.abs().max() <= 1
    pair = tiny("lindt", AFFECT).eval()
    pair.valence.answer.weight.data *= 1e4
    assert pair(torch.randn(4, 3, 32, 32)).valence_arousal.abs().max() <= 1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Outputs(valence_arousal=False), "outputs are none"),
        (lambda: Outputs(classes=("joy", "joy")), "at least two, each once"),
        (lambda: NetworkConfig(name="vgg19"), "network is 'vgg19'; there are vgg-face, "),
        (lambda: NetworkConfig(name="compact", frozen=True), "frozen goes with the other networks"),
        (lambda: VggFace(AFFECT, side=100), "side is 100; a multiple of 32"),
        (lambda: LindtPair(CLASSES), "valence and arousal only"),
        (lambda: LindtPair(AFFECT, side=100), "a multiple of 16"),
        (lambda: CompactNet(AFFECT, side=16), "a multiple of 32"),
        (lambda: ResNetConvolutions("keras"), "form is 'keras'"),
        (lambda: ResNetGru(AFFECT)(torch.zeros(1, 3, 32, 32)), "sequences of frames"),
    ],
)
def test_senseless_arguments_are_refused(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
