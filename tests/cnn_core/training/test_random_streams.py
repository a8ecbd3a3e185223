"""A run's random numbers: one stream for each purpose, and generators that are left as they were found."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import torch
from torch import nn

from cnn_core.training import augmentation
from cnn_core.training.random_streams import PURPOSES, derive_seed, seeded_random
from tests.cnn_core.training.small_run import CONFIG, run, told


def test_shuffling_augmentation_and_dropout_never_begin_from_one_state(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds: dict[str, set[int]] = {purpose: set() for purpose in PURPOSES}
    permute, augment = torch.randperm, augmentation.augment_images

    def watch_permute(count: int, generator: torch.Generator) -> torch.Tensor:
        seeds["shuffle"].add(generator.initial_seed())
        return permute(count, generator=generator)

    def watch_augment(images: torch.Tensor, names: list[str], generator: torch.Generator) -> torch.Tensor:
        seeds["augment"].add(generator.initial_seed())
        return augment(images, names, generator)

    def watch_dropout(module: nn.Module, _: object) -> None:
        if isinstance(module, nn.Dropout) and module.training:
            seeds["dropout"].add(torch.default_generator.initial_seed())

    monkeypatch.setattr(torch, "randperm", watch_permute)
    monkeypatch.setattr(augmentation, "augment_images", watch_augment)
    hook = nn.modules.module.register_module_forward_pre_hook(watch_dropout)
    try:
        for seed in (0, 1):
            run(replace(CONFIG, augmentation=("flip",), epochs=8, seed=seed))
    finally:
        hook.remove()
    steps = 2 * 8 * 5  # runs, epochs, batches of 8 among 40 images
    assert {purpose: len(found) for purpose, found in seeds.items()} == {
        "shuffle": 2 * 8,
        "augment": steps,
        "dropout": steps,
    }
    assert len(set.union(*seeds.values())) == 2 * 8 + 2 * steps


def test_every_seed_purpose_and_number_has_a_stream_of_its_own() -> None:
    numbers = range(1000, 1500)  # across the end of a block
    streams = [derive_seed(seed, p, number) for seed in (0, 1, 2**31 - 1) for p in PURPOSES for number in numbers]
    assert len(set(streams)) == len(streams) == 3 * 3 * 500
    assert all(0 <= stream < 2**32 for stream in streams)


def test_stored_runs_resume_with_the_streams_they_began_with() -> None:
    """SeedSequence promises the same numbers in every version of NumPy; these are also what other machines draw."""
    assert [derive_seed(7, purpose, 3) for purpose in PURPOSES] == [142198000, 1195211032, 2351692592]


def test_dropout_draws_what_torchs_own_seeding_gives() -> None:
    torch.manual_seed(7)
    expected = torch.rand(5)
    torch.manual_seed(8)
    after = torch.rand(3)
    torch.manual_seed(8)
    with seeded_random(torch.device("cpu"), 7):
        assert torch.equal(torch.rand(5), expected)
    assert torch.equal(torch.rand(3), after)


def test_runs_in_threads_of_one_process_draw_as_if_alone() -> None:
    """As runs that share a GPU do: dropout and first weights come from generators that belong to the whole process."""
    configs = [replace(CONFIG, seed=seed, epochs=6) for seed in range(4)]
    alone = [told(run(config)) for config in configs]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda config: told(run(config)), configs)) == alone
