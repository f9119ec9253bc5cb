def further_steps(*a): return ()
