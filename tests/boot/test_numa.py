# SPDX-License-Identifier: MIT
"""Machines with several memory nodes: who has what, and how far it is."""

import re

import pytest

from guest import BOARDS

NODE = re.compile(r"node (\d+): (\d+) frames, (\d+) free, distances ([\d ]+)")


def nodes_of(board, sizes, distances, cpu_node=0):
    """QEMU's arguments for nodes of so many MiB; {(from, to): distance}. All CPUs are on one node,
    but for riscv's machine, which wants one on each."""
    arguments = []
    for node, size in enumerate(sizes):
        cpus = f",cpus={node}" if board == "qemu-virt-riscv" else ",cpus=0-2"
        if board != "qemu-virt-riscv" and node != cpu_node:
            cpus = ""
        arguments += ["-object", f"memory-backend-ram,id=m{node},size={size}M,reserve=off",
                      "-numa", f"node,nodeid={node},memdev=m{node}{cpus}"]
    for (source, target), value in distances.items():
        arguments += ["-numa", f"dist,src={source},dst={target},val={value}"]
    return arguments


@pytest.fixture
def machine(boot, kernel):
    """machine(board, sizes, distances, cpu_node) -> a machine at its prompt."""
    def make(board, sizes, distances, cpu_node=0):
        cpus = len(sizes) if board == "qemu-virt-riscv" else 3
        guest = boot(board, "--kernel", kernel(board), "--mem", f"{sum(sizes)}M", "--smp",
                     str(cpus), qemu=nodes_of(board, sizes, distances, cpu_node))
        guest.started = guest.prompt()
        return guest
    return make


def report(guest):
    """What `pmm` says of nodes: {node: (frames, free, [distances])}."""
    found = NODE.findall(guest.command("pmm"))
    return {int(n): (int(t), int(f), [int(d) for d in ds.split()]) for n, t, f, ds in found}


@pytest.mark.parametrize("board", BOARDS)
def test_two_nodes(machine, board):
    """RAM and distances are told by node; nearly all of it is free."""
    guest = machine(board, (192, 320), {(0, 1): 21})
    nodes = report(guest)
    assert [nodes[n][2] for n in (0, 1)] == [[10, 21], [21, 10]]
    for node, mib in ((0, 192), (1, 320)):
        assert 0.97 * mib * 256 <= nodes[node][0] <= mib * 256
        assert nodes[node][1] >= 0.97 * nodes[node][0]
    assert "2 nodes" in guest.started
    guest.power_off()


@pytest.mark.parametrize("board", BOARDS)
def test_three_nodes_around_4_gib(machine, board):
    """Asymmetric distances; on boards whose RAM goes past 4 GiB a node may have two arenas."""
    far = {(0, 1): 30, (1, 0): 32, (0, 2): 15, (2, 0): 15, (1, 2): 40, (2, 1): 40}
    guest = machine(board, (2048, 1536, 1024), far)
    nodes = report(guest)
    assert [nodes[n][2] for n in (0, 1, 2)] == [[10, 30, 15], [32, 10, 40], [15, 40, 10]]
    assert sum(nodes[n][0] for n in nodes) >= 0.98 * 4608 * 256
    guest.power_off()


@pytest.mark.parametrize("board", ["qemu-virt-arm64", "qemu-q35"])
def test_cpus_on_the_second_node(machine, board):
    """What the kernel takes comes from the node of its CPU."""
    guest = machine(board, (128, 384), {(0, 1): 20}, cpu_node=1)
    nodes = report(guest)
    assert nodes[1][0] - nodes[1][1] > nodes[0][0] - nodes[0][1]
    guest.power_off()


@pytest.mark.parametrize("board", BOARDS)
def test_one_node(boot, kernel, board):
    """Without nodes there is one, and nothing is said about distances."""
    guest = boot(board, "--kernel", kernel(board))
    assert "no distances" not in guest.prompt()
    assert list(report(guest)) == [0]
    guest.power_off()
