"""Strongly connected components of a directed graph: the nodes that are on a cycle with one another.

Source: Tarjan, "Depth-first search and linear graph algorithms", 1972.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .compilation import compiled


@compiled()
def components(
    begins: NDArray[np.int64], to: NDArray[np.int32], alive: NDArray[np.bool_], every: bool
) -> tuple[NDArray[np.int32], int]:
    """The strongly connected components among the nodes ``alive``: per node its component, and their number.

    The edges of node n lead to ``to[begins[n]:begins[n + 1]]``.  Edges between components lead to smaller numbers.
    Not ``every`` one: only those with an inner edge; other nodes have component -1.

    >>> begins, to = np.array([0, 1, 3, 3]), np.array([1, 0, 2], np.int32)
    >>> components(begins, to, np.ones(3, np.bool_), True)
    (array([1, 1, 0], dtype=int32), 2)
    >>> components(begins, to, np.ones(3, np.bool_), False)
    (array([ 0,  0, -1], dtype=int32), 1)
    """
    nodes = len(alive)
    component = np.full(nodes, -1, dtype=np.int32)
    index = np.zeros(nodes, dtype=np.int32)  # 0: not seen yet
    low = np.empty(nodes, dtype=np.int32)
    settled = ~alive
    waiting = np.empty(nodes, dtype=np.int32)
    calls = np.empty(nodes, dtype=np.int32)
    cursor = np.empty(nodes, dtype=np.int64)
    found, clock, tops = 0, 0, 0
    for root in range(nodes):
        if settled[root] or index[root]:
            continue
        depth = 0
        calls[0] = root
        clock += 1
        index[root] = low[root] = clock
        cursor[root] = begins[root]
        waiting[tops] = root
        tops += 1
        while depth >= 0:
            node = calls[depth]
            if cursor[node] < begins[node + 1]:
                following = to[cursor[node]]
                cursor[node] += 1
                if settled[following]:
                    continue
                if index[following] == 0:
                    clock += 1
                    index[following] = low[following] = clock
                    cursor[following] = begins[following]
                    waiting[tops] = following
                    tops += 1
                    depth += 1
                    calls[depth] = following
                elif index[following] < low[node]:
                    low[node] = index[following]
                continue
            depth -= 1
            if depth >= 0 and low[node] < low[calls[depth]]:
                low[calls[depth]] = low[node]
            if low[node] != index[node]:
                continue
            counts = every or waiting[tops - 1] != node
            for k in range(begins[node], begins[node + 1]):
                counts = counts or to[k] == node
            while True:
                tops -= 1
                member = waiting[tops]
                settled[member] = True
                if counts:
                    component[member] = found
                if member == node:
                    break
            if counts:
                found += 1
    return component, found
