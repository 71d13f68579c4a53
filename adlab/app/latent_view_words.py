"""Words about what the contrastive task has changed in a funnel's view of ads; verdicts follow from whole intervals."""

from __future__ import annotations

from adlab.app.latent_words import MET, MISSED, OPEN, UNSURE, Verdict, percent
from adlab.projection.view_findings import NEIGHBOURS, WITH, WITHOUT, Difference, ViewFindings
from adlab.projection.views import FunnelViews

UNTRAINED = "untrained"
FOUND, READ = "Masked views of an ad are found again more often", "The label is read better"


def verdicts(findings: ViewFindings) -> tuple[Verdict, ...]:
    """What the task trains, and what it is for."""
    found = findings.found
    alike = (
        f"Seen through a random half of its numbers, an ad is the nearest of all to itself seen through another "
        f"half in {percent(found[WITH])} of the trials with the task and in {percent(found[WITHOUT])} without it: "
        f"{points(findings.found_more)}. Before any training it was {percent(found[UNTRAINED])}."
    )
    judged = [Verdict(FOUND, word_of(findings.found_more), alike)]
    with_task, without = (findings.answer(space) for space in (WITH, WITHOUT))
    if findings.read is None or with_task.probe is None or without.probe is None:
        return (*judged, Verdict(READ, OPEN, with_task.reason or without.reason))
    read = (
        f"A straight line tells the label “{findings.label}” with {percent(with_task.probe.accuracy)} accuracy with "
        f"the task and with {percent(without.probe.accuracy)} without it: {points(findings.read)}."
    )
    return (*judged, Verdict(READ, word_of(findings.read), read))


def word_of(difference: Difference) -> str:
    """`MET` where the whole interval lies above 0, `MISSED` where it lies below, else `UNSURE`."""
    return MET if difference.low > 0 else MISSED if difference.high < 0 else UNSURE


def points(difference: Difference) -> str:
    """A difference of shares, in percentage points."""
    value, low, high = (f"{round(100 * number, 1) + 0.0:+.1f}" for number in difference)  # + 0.0: no minus before zero
    return f"{value} points ({low} to {high})"


def moved(findings: ViewFindings) -> str:
    """How far the task moves ads, beside what chance moves them."""
    words = (
        f"Of an ad's {NEIGHBOURS} nearest without the task, {percent(findings.kept)} are among its {NEIGHBOURS} "
        "nearest with it"
    )
    apart = "Each map is made by itself: neighbours on the two can be compared, places and directions cannot."
    if findings.kept_by_chance is None:
        return f"{words}. {apart}"
    more = "less" if findings.kept > findings.kept_by_chance else "no less"
    return (
        f"{words}. Two networks with the task that differ by their random beginning alone share "
        f"{percent(findings.kept_by_chance)}: the task moves ads {more} than chance does. {apart}"
    )


def source(views: FunnelViews) -> str:
    """What was trained on what, so that nobody takes it for people's behaviour."""
    how = [f"{name} {value:g}" for name, value in views.task.items()]
    return (
        f"Both networks are of the training of {views.checkpoint}: same beginning, same rows in the same order, one "
        f"with CL4CVR's contrastive task ({', '.join(how)}) and one without. The log is simulated: no click and no "
        "conversion behind these spaces is a person's."
    )
