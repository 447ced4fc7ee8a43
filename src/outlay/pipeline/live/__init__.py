"""Each payment as it happens: read, scored by the batch's own code, durable before it is answered.

* `payment`, `reader` and the readers beside it: one JSON object to one accepted payment
* `scorer`: payments and states to decisions and new states, by the batch's kernels
* `engine`: one batch, one database transaction, and the answers after it
* `check`, `rebuild`, `retain`, `replay`: what the store holds, proven, remade, thinned, recomputed
* `profile`, `user_dashboard`: what a person sees of a user

Nothing is imported here, so that a front door loads only what it needs.
"""
