"""A forest walked node by node, as the paper tells it: slow, obvious, and without our arrays."""

import math


def unseen_depth(count):
    """Return the mean depth of an unsuccessful search among ``count`` rows."""
    if count <= 1:
        return 0.0
    if count == 2:
        return 1.0
    return 2 * (math.log(count - 1) + 0.5772156649015329) - 2 * (count - 1) / count


def leaves_below(tree, node, depth):
    """Yield (training rows, path length) of each leaf below a node."""
    if tree.children_left[node] < 0:
        rows = int(tree.n_node_samples[node])
        yield rows, depth + unseen_depth(rows)
    else:
        yield from leaves_below(tree, tree.children_left[node], depth + 1)
        yield from leaves_below(tree, tree.children_right[node], depth + 1)


def expected(tree, node, depth):
    """Return the mean path length of the training rows that reach a node."""
    leaves = list(leaves_below(tree, node, depth))
    return sum(rows * length for rows, length in leaves) / sum(rows for rows, _ in leaves)


def walk(tree, row):
    """Return one row's path length in one tree, and what each feature's splits saved of it."""
    node, depth = 0, 0
    saved = dict.fromkeys(range(len(row)), 0.0)
    while tree.children_left[node] >= 0:
        before, split = expected(tree, node, depth), int(tree.feature[node])
        goes_left = float(row[split]) <= tree.threshold[node]
        node = tree.children_left[node] if goes_left else tree.children_right[node]
        depth += 1
        saved[split] += before - expected(tree, node, depth)
    return depth + unseen_depth(int(tree.n_node_samples[node])), saved
