"""The Data page: every view of every built-in set, extremes, hostile links, downloads and a ZIP of one's own."""

import io
import time
import zipfile
from collections.abc import Callable

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from cnn_core import datasets
from cnn_core.datasets import BUILT_IN, DOWNLOADABLE, TITLES
from pages.parts.data import background
from pages.parts.data.choose import all_downloads
from pages.shared import dataset_choice
from pages.shared.image_map_charts import map_rows, scatter_chart

Open = Callable[..., AppTest]
VIEWS = ("Images", "Numbers", "Maps", "Augmentation")


def words(at: AppTest) -> str:
    return "\n".join(e.value for e in (*at.info, *at.success, *at.warning, *at.error, *at.markdown))


def zipped(count: int = 6, names: tuple[str, ...] = ("cats", "dogs")) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("notes.txt", "not a picture")
        for k, name in enumerate(names):
            for n in range(count):
                picture = io.BytesIO()
                Image.new("RGB", (30, 20), (60 * k, 10 * n, 90)).save(picture, "PNG")
                file.writestr(f"{name}/{n}.png", picture.getvalue())
    return buffer.getvalue()


@pytest.mark.parametrize("name", BUILT_IN)
@pytest.mark.parametrize("view", VIEWS)
def test_every_view_of_every_built_in_set(open_page: Open, name: str, view: str) -> None:
    at = open_page("data", data_set=TITLES[name], data_view=view)
    assert at.selectbox("data_set").value == TITLES[name]
    assert not at.error
    link = at.get("page_link")[0].proto
    assert (link.label, link.query_string) == ("Train on it", f"train_dataset={TITLES[name]}")


def test_the_numbers_are_those_of_the_data_set(open_page: Open) -> None:
    at = open_page("data", data_view="Numbers")
    assert at.table[0].value["Images"].tolist() == ["1,077", "360", "360"]
    mean, deviation = datasets.channel_statistics(datasets.load("digits"))
    assert at.table[1].value["Mean"].tolist() == [f"{mean[0]:.1f}"]
    assert at.table[1].value["Deviation, 0 … 1"].tolist() == [f"{deviation[0] / 255:.4f}"]
    assert "60 % train, 20 % validation, 20 % test (seed 0)" in words(at)


def test_another_draw_is_another_seed_in_the_link(open_page: Open) -> None:
    at = open_page("data", data_seed=9999)
    at.button("data_redraw").click().run()
    assert at.number_input("data_seed").value == 0
    assert not at.exception


@pytest.mark.parametrize("kind", ["PCA", "t-SNE", "Pairs"])
def test_every_map(open_page: Open, kind: str) -> None:
    at = open_page("data", data_set="Shapes", data_view="Maps", data_map=kind, data_map_seed=9999, data_perplexity=2)
    assert not at.exception
    assert "600 of 2,000 training images" in words(at)
    charts_shown = at.get("vega_lite_chart")
    assert len(charts_shown) == (7 if kind == "Pairs" else 1)


def test_pairs_of_components(open_page: Open) -> None:
    at = open_page("data", data_view="Maps", data_map="Pairs", data_pairs="Components")
    assert len(at.get("vega_lite_chart")) == 7


@pytest.mark.parametrize("kind", ["One by one", "Together", "Mixup"])
@pytest.mark.parametrize("name", ["Digits", "Shapes"])
def test_every_augmentation(open_page: Open, kind: str, name: str) -> None:
    at = open_page("data", data_set=name, data_view="Augmentation", data_aug=kind, data_image=100, data_aug_seed=9999)
    assert not at.error
    shown = words(at)
    assert {"One by one": "Cutout", "Together": "random crop, then mirror", "Mixup": "alpha 1"}[kind] in shown


def test_no_augmentation_and_all_of_them(open_page: Open) -> None:
    at = open_page("data", data_view="Augmentation", data_aug="Together")
    at.get("button_group")[-1].set_value([]).run()
    assert "every draw is the image itself" in words(at)
    assert not at.exception


def test_an_image_number_beyond_the_class_is_its_last(open_page: Open) -> None:
    at = open_page("data", data_view="Augmentation", data_image=10**6)
    assert at.number_input("data_image").value <= 109
    at = open_page("data", data_set="Shapes", data_view="Augmentation", data_image=400)
    at.selectbox("data_set").select("Digits").run()
    assert not at.exception
    assert at.number_input("data_image").value == at.number_input("data_image").max == 107


@pytest.mark.parametrize(
    "query",
    [
        {"data_set": "../../etc/passwd", "data_view": "Secrets"},
        {"own": "own-../../etc", "data_set": "mine"},
        {"own": f"own-{'0' * 24}"},
        {"own": ""},
        {"data_seed": "-5", "data_split": "nowhere", "data_classes": "all"},
        {"data_view": "Maps", "data_map": "UMAP", "data_perplexity": "1e9", "data_map_seed": "x"},
    ],
)
def test_hostile_links_fall_back(open_page: Open, query: dict[str, str]) -> None:
    at = open_page("data", **query)
    assert at.selectbox("data_set").value == "Digits"
    assert not at.error


@pytest.mark.parametrize("name", DOWNLOADABLE)
def test_what_is_not_here_is_offered_with_its_size(open_page: Open, name: str) -> None:
    at = open_page("data", data_set=TITLES[name])
    assert f"The download is **{datasets.download_megabytes(name):.0f} MB**" in words(at)
    assert at.button("data_download").label == "Download"
    assert not at.get("page_link")[0].proto.label.startswith("Train on it")


def finish(at: AppTest, done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    at.run()
    assert not at.exception


def test_a_download_without_a_network_says_so_and_can_be_tried_again(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNN_LAB_DATASETS_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr("cnn_core.datasets.fetch.PAUSE_S", 0.01)
    at = open_page("data", data_set="Fashion-MNIST")
    at.button("data_download").click().run()
    finish(at, lambda: all_downloads().latest_download("fashion-mnist").ended)
    assert "could not be downloaded: there is no connection" in at.error[0].value
    assert at.button("data_download").label == "Try again"


def test_a_download_shows_how_far_it_is_and_stops(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(name: str, report: background.Report) -> None:
        while True:
            report(50_000_000, 169_000_000)
            time.sleep(0.01)

    monkeypatch.setattr("pages.parts.data.choose.fetch_dataset", slow)
    at = open_page("data", data_set="CIFAR-100")
    at.button("data_download").click().run()
    task = all_downloads().latest_download("cifar100")
    assert task is not None
    finish(at, lambda: task.done > 0)
    assert "50.0 of 169.0 MB" in at.get("progress")[0].proto.text
    # the other way to label the same images watches the same download
    assert not open_page("data", data_set="CIFAR-100 in 20 classes").button("data_stop").disabled
    at.button("data_stop").click().run()
    finish(at, lambda: task.ended)
    assert "Stopped. What has arrived is kept" in words(at)
    assert at.button("data_download").label == "Go on"


def upload(at: AppTest, data: bytes, name: str = "pets.zip") -> AppTest:
    at.file_uploader("data_zip").set_value((name, data, "application/zip")).run()
    at.button("data_read").click().run()
    if "data_own_task" in at.session_state:
        finish(at, lambda: at.session_state.data_own_task.ended)
    assert not at.exception
    return at


def test_a_zip_of_ones_own_becomes_a_data_set_that_the_link_finds_again(open_page: Open) -> None:
    at = open_page("data", data_side=32, data_pixels="Grey", data_cut_seed=3, data_view="Numbers")
    upload(at, zipped())
    assert at.selectbox("data_set").value == "pets"
    assert "12 pictures of your own, 32×32 pixels, grey, 2 classes" in words(at)
    assert "1 file was left out: 1 no picture or damaged (notes.txt)" in words(at)
    assert "(seed 3)" in words(at)
    name = at.query_params["own"]
    link = at.get("page_link")[0].proto
    assert link.query_string == f"train_dataset=pets&own={name}"
    for view in VIEWS:
        again = open_page("data", own=name, data_set="pets", data_view=view)
        assert again.selectbox("data_set").value == "pets"
        assert not again.error
    at.selectbox("data_set").select("Digits").run()
    assert "own" not in at.query_params
    at.selectbox("data_set").select("pets").run()
    assert at.query_params["own"] == name


def test_two_of_the_same_title_are_told_apart(open_page: Open) -> None:
    at = upload(open_page("data", data_side=16), zipped(5), "same.zip")
    upload(at, zipped(7), "same.zip")
    assert {"same", "same (2)"} < set(at.selectbox("data_set").options)
    assert "14 pictures" in words(at)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"rubbish", "The file is no ZIP that can be read"),
        (zipped(3), "“cats” has 3 pictures to learn from"),
        (zipped(6, ("cats",)), "only the class “cats”"),
    ],
)
def test_a_zip_that_will_not_do_gets_a_sentence_and_nothing_is_lost(
    open_page: Open, data: bytes, sentence: str
) -> None:
    at = upload(open_page("data", data_set="Shapes", data_view="Numbers"), data)
    assert sentence in at.error[0].value
    assert at.selectbox("data_set").value == "Shapes"
    assert at.table[0].value["Images"].tolist() == ["2,000", "500", "500"]


def test_reading_waits_for_a_file(open_page: Open) -> None:
    at = open_page("data")
    assert at.button("data_read").disabled
    at.file_uploader("data_zip").set_value(("pets.zip", zipped(), "application/zip")).run()
    assert not at.button("data_read").disabled


def test_names_that_can_be_trained_are_the_built_in_ones_first() -> None:
    assert dataset_choice.trainable_names()[: len(BUILT_IN)] == list(BUILT_IN)
    assert dataset_choice.unique_titles(["digits", "mnist"]) == {"digits": "Digits", "mnist": "MNIST"}


def test_many_classes_are_shown_one_against_the_others() -> None:
    names = [f"class {n}" for n in range(100)]
    rows = map_rows({"x": [0.0, 1.0], "y": [1.0, 0.0]}, names[:2], [4, 5], ["data:,", "data:,"], "class 1")
    assert rows["group"].tolist() == ["other classes", "class 1"]
    spec = scatter_chart(rows, "x", "y", names, "class 1").to_dict()
    assert spec["encoding"]["color"]["scale"]["domain"] == ["class 1", "other classes"]
    assert spec["encoding"]["tooltip"][0]["field"] == "image"
