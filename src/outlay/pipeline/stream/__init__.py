"""Files larger than memory: read in parts, judged user by user, put back in order.

::

    parts ─► take_in ─► repeats ─► counterparties ─► learning ─► judging ─► merging
             accept,    ids that   in windows of     from some   partitions  blocks in the
             spill by   came       time              users       of users    input's order
             user       before

Users are spread over partitions by a mark of their id; a partition holds all of a user's rows, so
it can be judged by itself. Each part of the input that was read is a chunk; it is kept on the disk
as one piece a partition, so that a partition is the pieces of all chunks, and a chunk, in the end a
block of the output, the pieces of all partitions. Not one bit depends on how many there are.
"""
