"""External memories: `h_t = f(x_t, h_{t-1}, read(M_{t-1}))`, `M_t = write(M_{t-1}, h_t)`.

A controller of `hidden` units reads a little of a memory `[slots, width]` and moves or writes a
little of it at each step, so that the memory may be large and costs no parameters. Stacks and tapes
(`StackRNN`, `VectorStackRNN`, `BabyNTM`, `TapeRNN`) are read at slot 0 and move as a whole, by an
average over a few moves; heads (`NTM`, `DNC`) have weights over all slots.
"""
