"""Which pictures a rater sees, and in which order."""

from collections import Counter
from collections.abc import Hashable, Sequence

import numpy as np

_TRIES = 300


def choose_subsets(
    sizes: Sequence[int], num_raters: int, most: int, rng: np.random.Generator
) -> list[list[int]]:
    """Shares out images when one rater cannot rate all: each image equally often.

    A rater gets whole images, with all their versions, so that methods stay paired. What room is
    left goes to no image that was given more often than one that does not fit into it.

    Args:
        sizes: number of versions of each image.
        num_raters: number of subsets.
        most: pictures that one rater may get.
        rng: decides between images that were equally often given.

    Returns:
        Indices of images for each rater.

    Raises:
        ValueError: too few for an order in which no image follows itself.
    """
    largest = max(sizes)  # and enough for two such images, or for one and as much of others
    enough = min(2 * largest if min(sizes) == largest else 3 * largest - 1, sum(sizes))
    given = np.zeros(len(sizes), np.int64)
    subsets = []
    for _ in range(num_raters):
        left, subset = most, []
        most_often = np.inf
        for index in sorted(range(len(sizes)), key=lambda i: (given[i], rng.random())):
            if given[index] > most_often:
                break
            if sizes[index] <= left:
                subset.append(index)
                left -= sizes[index]
            else:
                most_often = given[index]
        is_fit = subset and _can_be_ordered([sizes[index] for index in subset])
        if most < enough and not is_fit:
            raise ValueError(
                f"ratings: got {most}, of which one image would be more than half; {enough} are "
                "enough"
            )
        given[subset] += 1
        subsets.append(subset)
    return subsets


def _can_be_ordered(counts: Sequence[int]) -> bool:
    """Whether so many pictures of each image have an order in which no image follows itself."""
    return max(counts, default=0) <= (sum(counts) + 1) // 2


def order_pictures(
    images: Sequence[Hashable], num_repeats: int, rng: np.random.Generator
) -> list[int]:
    """Shuffles pictures so that the same image never comes twice in a row.

    Repeated pictures come in the first third and again in the last, so that the rater cannot
    remember the first score (Section 3.3 tests the reliability so, in its pilot study).

    Args:
        images: the image that each picture shows.
        num_repeats: how many pictures come twice.
        rng: decides.

    Returns:
        Indices of pictures.

    Raises:
        ValueError: there is no such order.
    """
    if not _can_be_ordered([*Counter(images).values()]):
        raise ValueError(
            "order: got one image in more than half of the pictures; the same image would be shown "
            "twice in a row. Expected at least two images with equally many versions"
        )
    if num_repeats > len(images) // 3:
        raise ValueError(
            f"repeats: got {num_repeats}, expected at most {len(images) // 3}, a third of the "
            f"{len(images)} pictures"
        )
    for _ in range(_TRIES):
        order = _without_neighbours(images, rng)
        if order is not None and _insert_repeats(order, images, num_repeats, rng):
            return order
    raise ValueError(
        f"order: found none for {len(set(images))} images and {num_repeats} repeats without the "
        "same image twice in a row; use more images or fewer --repeats"
    )


def _without_neighbours(images: Sequence[Hashable], rng: np.random.Generator) -> list[int] | None:
    """A random order, then each picture that follows its own image swapped away."""
    order = rng.permutation(len(images)).tolist()

    def clashes(place: int) -> bool:
        here = images[order[place]]
        return any(
            images[order[other]] == here
            for other in (place - 1, place + 1)
            if 0 <= other < len(order)
        )

    for place in range(1, len(order)):
        if images[order[place]] != images[order[place - 1]]:
            continue
        for other in rng.permutation(len(order)):
            order[place], order[other] = order[other], order[place]
            if not clashes(place) and not clashes(other):
                break
            order[place], order[other] = order[other], order[place]
        else:
            return None
    return order


def _insert_repeats(
    order: list[int], images: Sequence[Hashable], count: int, rng: np.random.Generator
) -> bool:
    third = len(order) // 3
    for index in rng.permutation(order[:third])[:count]:
        image = images[index]
        places = [
            place
            for place in range(len(order) - third, len(order) + 1)
            if images[order[place - 1]] != image
            and (place == len(order) or images[order[place]] != image)
        ]
        if not places:
            return False
        order.insert(rng.choice(places), int(index))
    return True
