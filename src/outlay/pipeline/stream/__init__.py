"""Files larger than memory: read in parts, judged, and written in the order of the input.

::

    parts ─► take_in ─► repeats ─┬─► walking                            ─┬─► run
             accept,    ids that │   in time order: chunk after chunk,   │   blocks in the
             chunk by   came     │   all users' states in memory         │   input's order
             chunk      before   │                                       │
                                 └─► counterparties ─► judging ─► merging ┘
                                     in windows of     partitions back
                                     time              of users   into order

Each part of the input that was read is a chunk. An input in time order is walked through chunk by
chunk. Any other is spread: a partition holds all rows of its users, so it can be judged by itself;
each chunk is kept on the disk as one piece a partition, so that a partition is the pieces of all
chunks, and a chunk, in the end a block of the output, the pieces of all partitions. Not one bit
depends on how many there are, nor on which of the two ways was gone.
"""
