package config

import (
	"go.yaml.in/yaml/v4"

	"notewatch/rules"
)

// readSatellite reads the satellite allowance of the file.
func (v value) readSatellite() {
	v.decoder.satellite, v.file.Satellite = true, v.satelliteAllowance(v.file.Satellite)
}

// satelliteAllowance reads an allowance; what is left out is as in others.
func (v value) satelliteAllowance(others Satellite) Satellite {
	s := others
	v.keys(
		key{name: "allowance", read: func(v value) { s.Allowance = v.bytes() }},
		key{name: "every", read: func(v value) {
			s.Once, s.Period = v.node.Kind == yaml.ScalarNode && v.node.Value == "once", rules.PeriodSpec{}
			if !s.Once {
				s.Period = v.period()
			}
		}},
		key{name: "from", read: func(v value) { s.From = v.date() }},
	)
	return s
}
