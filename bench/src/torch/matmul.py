"""Matrix products."""

import torch


def matmul(work):
    outer = [work["batch"]] if work["batch"] else []
    m, k, n, form = work["m"], work["k"], work["n"], work["form"]
    lefts = [torch.randn(*outer, *([k, m] if form == "tn" else [m, k])) for _ in range(work["lefts"])]
    if work.get("symmetric"):
        pairs = [(left, left) for left in lefts]
    else:
        rights = [torch.randn(*outer, *([n, k] if form == "nt" else [k, n])) for _ in range(work["rights"])]
        pairs = [(left, right) for left in lefts for right in rights]
    pairs = [(a.mT if form == "tn" else a, b.mT if form == "nt" else b) for a, b in pairs]
    results = [torch.empty(*outer, m, n) for _ in pairs]

    def run():
        for (a, b), result in zip(pairs, results):
            torch.matmul(a, b, out=result)

    return run, {}


def grouped(work):
    """A loop over equal groups of rows."""
    rows, groups, k, n = work["rows"], work["groups"], work["k"], work["n"]
    left = torch.randn(rows, k).chunk(groups)
    if work["over"] == "rows":
        weights = torch.randn(groups, k, n)
        results = torch.empty(rows, n).chunk(groups)

        def run():
            for a, b, result in zip(left, weights, results):
                torch.mm(a, b, out=result)

    else:
        right = torch.randn(rows, n).chunk(groups)
        results = torch.empty(groups, k, n)

        def run():
            for a, b, result in zip(left, right, results):
                torch.mm(a.T, b, out=result)

    return run, {}
