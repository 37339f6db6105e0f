"""How far each rater is, and what the page may do next: the server's side of the rules."""

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from srgan_tf.mos.log import RatingLog, Record
from srgan_tf.mos.study import SCORES, Secret, Study


class ConflictError(Exception):
    """A request that does not fit what has been rated so far; nothing was changed."""


@dataclass
class Progress:
    """What a rater has done: the scores, in order, and whether the last may be taken back."""

    scores: list[int] = field(default_factory=list)
    may_undo: bool = False

    def apply(self, record: Record) -> None:
        """Takes over a record of the log.

        Raises:
            ValueError: it does not follow from what was before.
        """
        if record["event"] == "rating":
            if record["position"] != len(self.scores):
                raise ValueError(f"position {record['position']} after {len(self.scores)} ratings")
            self.scores.append(record["score"])
            self.may_undo = True
        elif record["event"] == "undo":
            if record["position"] != len(self.scores) - 1:
                raise ValueError(f"undo of {record['position']} after {len(self.scores)} ratings")
            self.scores.pop()
            self.may_undo = False


class Sessions:
    """All raters of a study. The plan here is the truth; what a page says is checked against it."""

    def __init__(self, study: Study, log: RatingLog) -> None:
        self._study = study
        self._log = log
        self._lock = threading.Lock()
        secret = Secret(study)
        self._ids = {
            rater: [secret.picture_id(rater, position) for position in range(len(order))]
            for rater, order in study.raters.items()
        }
        self._places = {
            name: (rater, position)
            for rater, names in self._ids.items()
            for position, name in enumerate(names)
        }
        self._progress = {rater: Progress() for rater in study.raters}
        for number, record in enumerate(log.records, 1):
            try:
                if record.get("rater") in self._progress:
                    self._progress[record["rater"]].apply(record)
            except (ValueError, KeyError) as error:
                raise ValueError(f"ratings: record {number} does not fit ({error})") from None

    def state(self, rater: str) -> dict[str, Any]:
        """What the page of a rater shows: no word of methods, images or sets."""
        progress, order = self._progress[rater], self._study.raters[rater]
        position, calibration = len(progress.scores), self._study.num_calibration(rater)
        state: dict[str, Any] = {
            "phase": "test" if position >= calibration else "calibration",
            "position": position,
            "calibration": calibration,
            "total": len(order),
            "may_undo": progress.may_undo and position > calibration,
        }
        if position == len(order):
            return {**state, "phase": "end"}
        picture = self._study.pictures[order[position]]
        state |= {
            "picture": self._ids[rater][position],
            "width": picture.width,
            "height": picture.height,
            "next": self._ids[rater][position + 1] if position + 1 < len(order) else None,
        }
        if picture.expected is not None:
            return {**state, "expected": picture.expected}
        done = position - calibration
        return {**state, "break": done > 0 and done % self._study.break_every == 0}

    def find_picture(self, name: str) -> int | None:
        """The picture of an id, if its rater is about to rate it or has just done so."""
        rater, position = self._places.get(name, ("", 0))
        if not rater or abs(position - len(self._progress[rater].scores)) > 1:
            return None
        return self._study.raters[rater][position]

    def start(self, rater: str, screen: Any) -> None:
        """Records that a rater logged in, and on which screen.

        Raises:
            ValueError: the screen is not described by sensible numbers.
        """
        names = ("screen_width", "screen_height", "window_width", "window_height", "ratio")
        if not isinstance(screen, dict) or sorted(screen) != sorted(names):
            raise ValueError(f"screen: expected {', '.join(names)}")
        for name, value in screen.items():
            _check_number(name, value, 0.05 if name == "ratio" else 1, 100_000)
        with self._lock:
            self._record({"event": "start", "rater": rater, "screen": screen})

    def rate(self, rater: str, post: dict[str, Any]) -> None:
        """Records a rating; on return it is on the disk.

        Args:
            rater: who.
            post: `position`, `picture` (its id), `score`, `ratio` (of the screen),
                `milliseconds` (since the picture was shown).

        Raises:
            ValueError: the post makes no sense.
            ConflictError: it is not that picture's turn.
        """
        score, position = post.get("score"), post.get("position")
        if type(score) is not int or score not in SCORES:
            raise ValueError("score: expected 1, 2, 3, 4 or 5")
        if type(position) is not int:
            raise ValueError("position: expected a whole number")
        _check_number("ratio", post.get("ratio"), 0.05, 100)
        _check_number("milliseconds", post.get("milliseconds"), 0, 1e9)
        with self._lock:
            done = len(self._progress[rater].scores)
            order = self._study.raters[rater]
            if position != done or position >= len(order):
                raise ConflictError(f"position: got {position}, expected {done}")
            if post.get("picture") != self._ids[rater][position]:
                raise ConflictError("picture: expected the one that was shown")
            expected = self._study.pictures[order[position]].expected
            if expected is not None and score != expected:
                raise ValueError(f"score: expected {expected} for this example")
            self._record(
                {
                    "event": "rating",
                    "rater": rater,
                    "position": position,
                    "picture": order[position],
                    "score": score,
                    "ratio": post["ratio"],
                    "milliseconds": round(post["milliseconds"]),
                }
            )

    def undo(self, rater: str, position: Any) -> None:
        """Takes back a rater's last rating: one step, until the next rating.

        Raises:
            ConflictError: that rating is not the last, or cannot be taken back.
        """
        with self._lock:
            state = self.state(rater)
            if not state["may_undo"] or type(position) is not int:
                raise ConflictError("undo: there is no rating to take back")
            if position != state["position"] - 1:
                raise ConflictError("undo: expected the last rating")
            self._record({"event": "undo", "rater": rater, "position": position})

    def _record(self, record: Record) -> None:
        """Writes to the log, then counts it. The caller holds the lock."""
        time = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._log.append([{**record, "time": time}])
        self._progress[record["rater"]].apply(record)


def _check_number(name: str, value: Any, least: float, most: float) -> None:
    if type(value) not in (int, float) or not least <= value <= most:  # NaN is in no range
        raise ValueError(f"{name}: expected a number from {least:g} to {most:g}")
