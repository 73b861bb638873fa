"""The tiny study's scenario and facts."""

TITLE = "Coated <script>alert('x')</script> & bare"
SCENARIO = f"""
title = "{TITLE}"
citation = "A. Person et al., A Journal 2022, doi 10.1000/182"
facts = "facts.toml"

[samples.bare]

[samples."thick film"]
ald_cycles = 20
anneal_temperature_C = 650

[runs.once]
steps = ["Charge at C/10 until 2.75 V", "Discharge at C/10 until 1.35 V"]
spectra = ["fresh", "aged"]

[runs.faster]
steps = ["Charge at 1C until 2.75 V", "Discharge at 1C until 1.35 V"]
cycles = 3
samples = ["bare"]

[eis]
points_per_decade = 2
"""
FACTS = """
[tolerance]
"mAh/g" = { absolute = 300.0 }

[[fact]]
id = "first"
samples = ["bare"]
protocol = "once"
quantity = "first discharge capacity"
value = 190
unit = "mAh/g"
kind = "approx"
use = "fit"
measure = "discharge_capacity"

[[fact]]
id = "impossible"
samples = ["bare"]
protocol = "once"
quantity = "first charge capacity"
value = 2000
unit = "mAh/g"
kind = "lower_bound"
use = "fit"
measure = "charge_capacity"

[[fact]]
id = "seen"
samples = ["bare"]
protocol = "once"
quantity = "colour of the pellet"
value = "black"
kind = "words"
use = "check"
"""
