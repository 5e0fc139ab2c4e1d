"""Published weights from tiny files of each layout: the same layers, whatever the order of axes and the names."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from affectface.errors import AffectFaceError, AssetError, ModelFileError

torch = pytest.importorskip("torch", reason="torch is not installed: pip install 'affectface[train]'")

from affectface.recognition.networks import resnet, vgg  # noqa: E402
from affectface.recognition.networks.outputs import Outputs  # noqa: E402
from affectface.recognition.networks.recurrent import ResNetGru, VggFaceGru  # noqa: E402
from affectface.recognition.networks.resnet import ResNet50  # noqa: E402
from affectface.recognition.networks.vgg import VggFace  # noqa: E402
from affectface.recognition.weights.layouts import LAYOUTS  # noqa: E402
from affectface.recognition.weights.loading import load_published  # noqa: E402

OUTPUTS = Outputs()
SEQUENTIAL = [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28]


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks of the published form with two or three channels a layer."""
    monkeypatch.setattr(vgg, "BLOCKS", ((2, 3), (3, 2), (2, 3, 2), (2, 2, 3), (3, 3, 2)))
    monkeypatch.setattr(resnet, "STAGES", ((2, 3), (3, 4), (2, 6), (3, 3)))


def vgg_network(seed: int = 0) -> VggFace:
    torch.manual_seed(seed)
    network = VggFace(OUTPUTS, hidden=(5, 4), side=224)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter)
    return network.eval()


def resnet_network(form: Any, seed: int = 0) -> ResNet50:
    torch.manual_seed(seed)
    network = ResNet50(OUTPUTS, form=form)
    for tensor in network.state_dict().values():
        if tensor.is_floating_point():
            tensor.copy_(torch.rand_like(tensor) + 0.5)
    return network.eval()


def layers(network: Any) -> dict[str, dict[str, torch.Tensor]]:
    """Names as in VGG-16's publications -> weight and bias."""
    found = {name: network.convolutions.get_submodule(name) for name in vgg.CONVOLUTIONS}
    return {name: layer.state_dict() for name, layer in (found | {"fc6": network.fc6, "fc7": network.fc7}).items()}


def as_caffe(network: VggFace) -> dict[str, np.ndarray]:
    blobs = {}
    for name, layer in layers(network).items():
        blobs[f"{name}/0"], blobs[f"{name}/1"] = layer["weight"].numpy(), layer["bias"].numpy()
    return blobs | {"fc8/0": np.zeros((2622, 4), np.float32), "fc8/1": np.zeros(2622, np.float32)}


def as_keras(network: VggFace) -> dict[str, np.ndarray]:
    """Kernels (H, W, I, O), matrices (I, O); the first one's rows run over places and then over channels."""
    arrays = {}
    for name, layer in layers(network).items():
        weight = layer["weight"]
        if weight.ndim == 4:
            weight = weight.permute(2, 3, 1, 0)
        elif name == "fc6":
            weight = weight.reshape(5, 2, 7, 7).permute(2, 3, 1, 0).reshape(98, 5)
        else:
            weight = weight.T
        arrays[f"{name}/kernel:0"], arrays[f"{name}/bias:0"] = weight.contiguous().numpy(), layer["bias"].numpy()
    return arrays


def as_torch7(network: VggFace) -> dict[str, torch.Tensor]:
    """Convolutions as matrices, modules by their place."""
    arrays = {}
    for place, layer in zip([*SEQUENTIAL, 32, 35], layers(network).values(), strict=True):
        arrays[f"{place}.weight"], arrays[f"{place}.bias"] = layer["weight"].flatten(1), layer["bias"]
    return arrays


def as_torchvision(network: VggFace) -> dict[str, torch.Tensor]:
    names = [*(f"features.{n}" for n in SEQUENTIAL), "classifier.0", "classifier.3"]
    return {
        f"{name}.{role}": tensor
        for name, layer in zip(names, layers(network).values(), strict=True)
        for role, tensor in layer.items()
    }


def as_dag(network: VggFace) -> dict[str, torch.Tensor]:
    """MatConvNet's fully connected layers are convolutions."""
    state = {f"{name}.{role}": tensor for name, layer in layers(network).items() for role, tensor in layer.items()}
    return state | {"fc6.weight": state["fc6.weight"].reshape(5, 2, 7, 7)}


def written(folder: Path, arrays: dict[str, Any], suffix: str) -> Path:
    path = folder / f"weights{suffix}"
    if suffix == ".npz":
        np.savez(path, **{name: np.asarray(array) for name, array in arrays.items()})
    elif suffix == ".safetensors":
        from safetensors.torch import save_file

        save_file({name: torch.as_tensor(array).contiguous() for name, array in arrays.items()}, path)
    else:
        torch.save({name: torch.as_tensor(array) for name, array in arrays.items()}, path)
    return path


VGG: dict[Any, Any] = {
    "vgg-face-caffe": as_caffe,
    "vgg-face-keras": as_keras,
    "vgg-face-torch7": as_torch7,
    "torchvision-vgg16": as_torchvision,
    "vgg-face-dag": as_dag,
}


@pytest.mark.parametrize("suffix", [".npz", ".safetensors", ".pth"])
@pytest.mark.parametrize("layout", VGG)
def test_vgg_of_every_layout_and_form(layout: Any, suffix: str, tmp_path: Path) -> None:
    if suffix == ".safetensors":
        pytest.importorskip("safetensors")
    source, target = vgg_network(), vgg_network(seed=1)
    last = target.heads.valence_arousal.weight.clone()
    loaded = load_published(target, written(tmp_path, VGG[layout](source), suffix), layout)
    target.heads.load_state_dict(source.heads.state_dict())
    images = torch.randn(1, 3, 224, 224)
    with torch.no_grad():
        torch.testing.assert_close(target(images), source(images))
    assert len(loaded.layers) == 15
    assert loaded.random == ("heads.valence_arousal",)
    assert not torch.equal(last, target.heads.valence_arousal.weight)
    assert loaded.preprocessing == LAYOUTS[layout].preprocessing


def resnet_names(dag: bool, network: ResNet50) -> dict[str, torch.Tensor]:
    """The names of S. Albanie's dags, or those of torchvision."""
    parts = {"conv1": "1x1_reduce", "conv2": "3x3", "conv3": "1x1_increase"}
    state = {}
    for name, tensor in network.convolutions.state_dict().items():
        layer, _, role = name.rpartition(".")
        if dag:
            match layer.split("."):
                case [first]:
                    layer = "conv1_7x7_s2" + ("_bn" if first == "bn1" else "")
                case [stage, block, "downsample", kind]:
                    layer = f"conv{int(stage[5:]) + 1}_{int(block) + 1}_1x1_proj" + ("_bn" if kind == "1" else "")
                case [stage, block, part]:
                    start = f"conv{int(stage[5:]) + 1}_{int(block) + 1}_"
                    normal = part.startswith("bn")
                    layer = start + parts[part.replace("bn", "conv")] + ("_bn" if normal else "")
        state[f"{layer}.{role}"] = tensor
    return state | {"fc.weight": torch.zeros(8631, 12)}


@pytest.mark.parametrize(
    ("layout", "form", "dag"),
    [
        ("vggface2-resnet50", "caffe", False),
        ("vggface2-resnet50-dag", "caffe", True),
        ("torchvision-resnet50", "torchvision", False),
    ],
)
def test_resnet_of_every_layout(layout: Any, form: Any, dag: bool, tmp_path: Path, monkeypatch: Any) -> None:
    source, target = resnet_network(form), resnet_network(form, seed=1)
    loaded = load_published(target, written(tmp_path, resnet_names(dag, source), ".pth"), layout, side=96)
    target.heads.load_state_dict(source.heads.state_dict())
    images = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(target(images), source(images))
    assert len(loaded.layers) == 2 + 2 * (3 * 16 + 4)
    assert loaded.random == ("heads.valence_arousal",)
    assert loaded.preprocessing.side == 96
    assert loaded.preprocessing.mean == LAYOUTS[layout].preprocessing.mean


def test_alexnet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from affectface.recognition.networks.alexnet import AlexNet

    torch.manual_seed(0)
    source, target = (AlexNet(OUTPUTS, hidden=(5, 4)).eval() for _ in range(2))
    names = ["features.0", "features.3", "features.6", "features.8", "features.10", "classifier.1", "classifier.4"]
    own = [*(f"convolutions.conv{n}" for n in range(1, 6)), "fc6", "fc7"]
    state = source.state_dict()
    file = {f"{n}.{role}": state[f"{o}.{role}"] for n, o in zip(names, own, strict=True) for role in ("weight", "bias")}
    loaded = load_published(target, written(tmp_path, file, ".pth"), "torchvision-alexnet")
    target.heads.load_state_dict(source.heads.state_dict())
    images = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(target(images), source(images))
    assert len(loaded.layers) == 7


def test_a_network_of_other_sizes_takes_what_fits(tmp_path: Path) -> None:
    path = written(tmp_path, as_keras(vgg_network()), ".npz")
    network = VggFaceGru(OUTPUTS, hidden=5)  # images of 96 pixels, and landmarks
    loaded = load_published(network, path, "vgg-face-keras", side=96)
    assert len(loaded.layers) == 13
    assert set(loaded.random) == {"fc6", "gru", "heads.valence_arousal"}
    source = vgg_network()
    assert torch.equal(network.convolutions.conv3_2.weight, source.convolutions.conv3_2.weight)


def test_frozen_convolutions_take_them_too(tmp_path: Path) -> None:
    source = vgg_network()
    target = VggFace(OUTPUTS, hidden=(3, 3), frozen=True)
    loaded = load_published(target, written(tmp_path, as_torchvision(source), ".pth"), "torchvision-vgg16")
    assert loaded.random == ("fc6", "fc7", "heads.valence_arousal")
    assert torch.equal(target.convolutions.layers.conv5_3.weight, source.convolutions.conv5_3.weight)
    assert not any(parameter.requires_grad for parameter in target.convolutions.parameters())


def test_wrapped_names(tmp_path: Path) -> None:
    source, target = vgg_network(), vgg_network(seed=1)
    wrapped = {f"module.{name}": tensor for name, tensor in as_torchvision(source).items()}
    torch.save({"epoch": 3, "state_dict": wrapped}, tmp_path / "weights.pth")
    load_published(target, tmp_path / "weights.pth", "torchvision-vgg16")
    assert torch.equal(target.fc7.weight, source.fc7.weight)


def test_channels_and_means_belong_together() -> None:
    for name, layout in LAYOUTS.items():
        mean = layout.preprocessing.mean
        red = mean[0] if layout.preprocessing.channels == "RGB" else mean[2]
        assert red == max(mean), name  # skin is red


# --- what is refused --------------------------------------------------------------------------------------------------


def test_other_networks_and_forms_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, as_torchvision(vgg_network()), ".pth")
    with pytest.raises(ValueError, match="layout is 'vgg19'; there are vgg-face-caffe"):
        load_published(vgg_network(), path, "vgg19")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="is not of a VggFace"):
        load_published(vgg_network(), path, "torchvision-resnet50")
    with pytest.raises(ValueError, match="of form 'torchvision', the network of 'caffe'"):
        load_published(ResNetGru(OUTPUTS), path, "torchvision-resnet50")


def test_missing_and_wrong_layers_are_named(tmp_path: Path) -> None:
    state = as_torchvision(vgg_network())
    before = vgg_network(seed=1)
    target = vgg_network(seed=1)
    path = written(tmp_path, {**state, "features.5.bias": torch.zeros(99)}, ".pth")
    with pytest.raises(ModelFileError, match=r"bias of features.5 has shape \(99,\); \(3,\) is needed, as in vgg16"):
        load_published(target, path, "torchvision-vgg16")
    del state["features.28.weight"]
    with pytest.raises(ModelFileError, match=r"there is no weight of features.28; needed is vgg16-397923af.pth"):
        load_published(target, written(tmp_path, state, ".pth"), "torchvision-vgg16")
    # nothing of a file that does not fit was taken
    assert all(torch.equal(a, b) for a, b in zip(before.parameters(), target.parameters(), strict=True))


class Hostile:
    def __reduce__(self) -> Any:
        return (print, ("run",))


def test_nothing_is_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save({"features.0.weight": Hostile()}, tmp_path / "a.pth")
    (tmp_path / "b.pth").write_bytes(pickle.dumps(Hostile()))
    (tmp_path / "c.pkl").write_bytes(pickle.dumps({"conv1.weight": np.zeros(3)}))
    np.savez(tmp_path / "d.npz", **{"features.0.weight": np.array([Hostile()], dtype=object)})
    capsys.readouterr()
    for name in ("a.pth", "b.pth", "c.pkl", "d.npz"):
        with pytest.raises(AffectFaceError) as said:
            load_published(vgg_network(), tmp_path / name, "torchvision-vgg16")
        assert "\n" not in str(said.value)
    assert capsys.readouterr().out == ""
    with pytest.raises(ModelFileError, match=r"\.pkl; \.npz, .* is needed, as other forms may run code"):
        load_published(vgg_network(), tmp_path / "c.pkl", "torchvision-vgg16")


@pytest.mark.parametrize("name", ["a.npz", "a.pth", "a.safetensors", "a.bin"])
def test_damaged_and_missing_files_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="there is no such file"):
        load_published(vgg_network(), tmp_path / name, "torchvision-vgg16")
    for content in (b"", b"PK\x03\x04 no archive", b"\xff" * 64):
        (tmp_path / name).write_bytes(content)
        with pytest.raises((ModelFileError, AssetError)) as said:
            load_published(vgg_network(), tmp_path / name, "torchvision-vgg16")
        assert "\n" not in str(said.value)


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("affectface.recognition.weights.reading.LIMIT_BYTES", 1 << 20)
    with zipfile.ZipFile(tmp_path / "a.pth", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data/0", bytes(2 << 20))
    with pytest.raises(ModelFileError, match="unpacks to 2 MiB; at most 1 MiB are read"):
        load_published(vgg_network(), tmp_path / "a.pth", "torchvision-vgg16")
    (tmp_path / "b.safetensors").write_bytes(bytes(3 << 20))
    with pytest.raises(ModelFileError, match="3 MiB; at most 1 MiB are read"):
        load_published(vgg_network(), tmp_path / "b.safetensors", "torchvision-vgg16")
