"""PyTorch as a contestant: answers requests from standard input, a JSON object a line. Argument: its threads."""

import json
import os
import resource
import sys
import time

import torch

from matmul import grouped, matmul
from muon import stacked_newton_schulz
from training import training

torch.set_num_threads(int(sys.argv[1]))
# What libraries print must not come between the answers.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

makers = {
    "matmul": matmul,
    "grouped": grouped,
    "training": training,
    "newtonSchulz": stacked_newton_schulz,
}


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


idle = resident()


def repeat(run, seconds):
    began = time.perf_counter()
    repetitions = 0
    while True:
        run()
        repetitions += 1
        elapsed = time.perf_counter() - began
        if elapsed >= seconds:
            return elapsed, repetitions


def answer(request, state):
    if request["do"] == "prepare":
        state.clear()
        work = request["workload"]
        if work["kind"] not in makers:
            return {"cannot": work["kind"]}
        state["run"], facts = makers[work["kind"]](work)
        return {"ok": facts}
    if request["do"] == "round":
        warm, seconds = request["round"]["warm"], request["round"]["seconds"]
        if warm > 0:
            repeat(state["run"], warm)
        elapsed, repetitions = repeat(state["run"], seconds)
        return {"ok": {"seconds": elapsed / repetitions, "repetitions": repetitions}}
    # Kibibytes on Linux, bytes on macOS.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return {"ok": {"bytes": peak - idle}}


def main():
    state = {}
    for line in sys.stdin:
        try:
            result = answer(json.loads(line), state)
        except Exception as error:
            result = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(result) + "\n")
        answers.flush()


main()
