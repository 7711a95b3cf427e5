"""Windows that were chosen in any way, put where somebody wants them."""

from dataclasses import replace

import numpy as np

from handler.core.head import Head
from handler.core.placement import ON_FOCUS, Guides, guided, point_in, whole_pixels
from handler.core.plan import Plan


def move_by_hand(plan: Plan, guides: Guides) -> Plan:
    """A plan with its window where it was said by hand that it should be.

    Args:
        plan: for a window that was chosen without that; no trim.
        guides: what was said by hand.

    Returns:
        The plan for the window nearest to its own, of those that hold what is to be kept, and the
        chosen faces; or the one on the focus.
    """
    if not guides:
        return replace(plan, guides=guides, warnings=guides.warnings(plan.cut.region))
    heads = [Head.of(plan.faces[index], plan.source) for index in plan.chosen]
    hold = np.array([head.box for head in heads]).reshape(-1, 2, 2)
    region = guided(plan.cut.region, plan.source, plan.cut.size, guides, hold)
    crop = whole_pixels(region, plan.source)
    x, y = guides.focus or (plan.focus.x, plan.focus.y)
    reason = f"{plan.reason} Moved as little as keep and avoid need."
    if guides.focus is not None:
        reason = ON_FOCUS
    return replace(
        plan,
        crop=crop,
        cut=replace(plan.cut, region=region),
        focus=point_in(crop, x, y),
        reason=reason,
        faces_cut=sum(not head.inside(crop) for head in heads),
        guides=guides,
        warnings=(*plan.warnings, *guides.warnings(region)),
    )
