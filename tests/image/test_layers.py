"""The image has the expected contents, each part in its own layer."""

from pathlib import PurePath

from tests.image.layers import Image

BUNDLE, OBJECTS = "opt/face-detection", "opt/object-detection"


def test_bundle_is_one_layer_and_in_no_other(full_image: Image) -> None:
    bundles = [layer for layer in full_image.layers if layer.under(BUNDLE)]
    assert len(bundles) == 1
    assert bundles[0].files == bundles[0].under(BUNDLE)
    others = [name for layer in full_image.layers if layer not in bundles for name in layer.files]
    assert not [name for name in others if "onnxruntime" in name]


def test_object_bundle_is_one_layer_with_the_only_other_model(full_image: Image) -> None:
    bundles = [layer for layer in full_image.layers if layer.under(OBJECTS)]
    assert len(bundles) == 1
    assert bundles[0].files == bundles[0].under(OBJECTS)
    models = [name for name in full_image.files if name.endswith(".onnx")]
    assert sorted(PurePath(name).parent for name in models) == [PurePath(BUNDLE), PurePath(OBJECTS)]


def test_bundle_has_the_model_and_its_runtime(full_image: Image) -> None:
    names = [PurePath(name) for name in full_image.files if name.startswith(BUNDLE)]
    assert PurePath(BUNDLE, "manifest.json") in names
    assert [name.suffix for name in names].count(".onnx") == 1
    assert any("onnxruntime" in name.parts for name in names)


def test_lean_image_has_no_bundle(lean_image: Image) -> None:
    assert not [name for name in lean_image.files if name.startswith((f"{BUNDLE}/", f"{OBJECTS}/"))]
    assert not [
        name for name in lean_image.files if name.endswith(".onnx") or "onnxruntime" in name
    ]


def test_lean_image_differs_by_the_bundle_only(full_image: Image, lean_image: Image) -> None:
    bundles = BUNDLE, OBJECTS
    full = [layer for layer in full_image.layers if not any(map(layer.under, bundles))]
    assert full == lean_image.layers


def test_image_has_no_build_or_test_tools(full_image: Image) -> None:
    names = [PurePath(name) for name in full_image.files]
    programs = {name.name for name in names if name.parent == PurePath("usr/bin")}
    assert not programs & {"cc", "gcc", "make", "pip", "pip3", "git", "uv"}
    packages = {
        name.parts[4] for name in names if name.match("opt/smart-crop/lib/*/site-packages/*/**")
    }
    assert not packages & {"pip", "setuptools", "pytest", "moto", "mypy", "skimage", "boto3"}
    assert not [name for name in names if "tests" in name.parts and "opt" in name.parts]
    assert not [
        name for name in names if name.suffix in {".h", ".a", ".pyi"} and "opt" in name.parts
    ]


def test_every_module_is_byte_compiled(full_image: Image) -> None:
    names = {PurePath(name) for name in full_image.files if name.startswith(("opt/", "var/task/"))}
    compiled = {
        name.parent.parent / f"{name.name.partition('.')[0]}.py"
        for name in names
        if name.suffix == ".pyc"
    }
    modules = {name for name in names if name.suffix == ".py" and "bin" not in name.parts}
    assert modules
    assert not modules - compiled


def test_lambda_may_take_snapshots(full_image: Image) -> None:
    labels = full_image.config["config"]["Labels"]
    assert labels["com.amazonaws.lambda.feature.snapstart"] == "Allow"


def test_the_client_of_the_store_reads_one_file_of_certificates(full_image: Image) -> None:
    environment = dict(each.split("=", 1) for each in full_image.config["config"]["Env"])
    bundle = environment["SSL_CERT_FILE"]
    assert "SSL_CERT_DIR" not in environment
    # The names in the base layer begin with "./".
    sizes = {PurePath("/", name): size for name, size in full_image.files.items()}
    assert sizes[PurePath(bundle)] > 100_000
