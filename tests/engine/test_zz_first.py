def test_first(world, make):
    world.put(make.reason("won"), make.schema("site", make.text("street"), make.relation("owner","contact")), make.flow("house", closing_reasons=[{"ref":"won"}]),
      make.bundle("meter"), make.installation(), make.retention())
    run = world.apply()
    for e in run.events: print(e)
    for r in run.requests: print(r["method"], r["path"], r["query"], r["status"])
    print(run.code, run.ends, [ (str(c.address), c.calls) for c in run.planned.plan.changes])
    print(world.changes())
    print(world.time.slept)
    assert run.code == 0
    world.converges()
