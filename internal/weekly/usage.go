package weekly

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"notewatch/internal/env"
	"notewatch/internal/words"
	"notewatch/rules"
)

// topSize is the number of devices that are listed.
const topSize = 10

// Usage returns the usage of a project in words, a line for each figure, with the devices of the highest usage for the first.
func Usage(ctx context.Context, d *env.ProjectData, figures []rules.Figure, now time.Time) (string, error) {
	var text strings.Builder
	_, _ = fmt.Fprintf(&text, "%s: %d devices, %d silent for more than %.0f hours; last polled %s ago\n",
		d.Name, d.Counts.Enabled, d.Counts.Silent, env.SilentAfter.Hours(), words.Duration(now.Sub(d.State.PolledAt)))
	wants := rules.Wants{}
	for _, figure := range figures {
		wants[figure] = rules.MembersOf("used", "d7", "forecast")
	}
	project, err := d.Read(ctx, d.Reader(wants), env.Block{})
	if err != nil {
		return "", err
	}
	var total rules.Env
	project.See(&total, 0)
	for i, figure := range figures {
		used := *total.Metric(figure)
		writeFigure(&text, d, figure, used)
		if i > 0 {
			continue
		}
		if err := writeTop(ctx, &text, d, figure, used.Used); err != nil {
			return "", err
		}
	}
	return text.String(), nil
}

// writeFigure writes the value of a figure for the last seven complete days and for this period, and the forecast for the end of the
// period.
func writeFigure(text *strings.Builder, d *env.ProjectData, figure rules.Figure, m rules.Metric) {
	unit := figure.Unit()
	_, _ = fmt.Fprintf(text, "  %s: %s in the week, %s %s, forecast %s at its end\n", figure,
		words.Figure(m.D7, unit), words.Figure(m.Used, unit), thisPeriod(d), words.Figure(m.Forecast, unit))
}

// thisPeriod returns the current period in words, such as "this month".
func thisPeriod(d *env.ProjectData) string {
	return d.Spec().When("events.used", d.Today).Now
}

// A deviceUse is a device with its value of a figure in this period.
type deviceUse struct {
	name string
	used float64
}

// writeTop writes the devices with the highest values of a figure in this period, with their shares of total.
func writeTop(ctx context.Context, text *strings.Builder, d *env.ProjectData, figure rules.Figure, total float64) error {
	most, err := most(ctx, d, figure)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(text, "    most %s:\n", thisPeriod(d))
	for i, device := range most {
		share := ""
		if total > 0 {
			share = fmt.Sprintf(" (%.0f %%)", 100*device.used/total)
		}
		_, _ = fmt.Fprintf(text, "    %d. %s %s%s\n", i+1, device.name, words.Figure(device.used, figure.Unit()), share)
	}
	return nil
}

// most returns the topSize devices with the highest values of a figure in this period, the highest first. Devices without usage are left
// out.
func most(ctx context.Context, d *env.ProjectData, figure rules.Figure) (most []deviceUse, err error) {
	reader := d.Reader(rules.Wants{figure: rules.MembersOf("used")})
	for _, block := range d.Blocks(rules.EachDevice) {
		data, err := d.Read(ctx, reader, block)
		if err != nil {
			return nil, err
		}
		var e rules.Env
		for i, device := range data.Devices {
			data.Fill(&e, i)
			if used := e.Metric(figure).Used; used > 0 {
				most = append(most, deviceUse{device.Name, used})
			}
		}
		slices.SortStableFunc(most, func(a, b deviceUse) int { return cmp.Compare(b.used, a.used) })
		most = most[:min(topSize, len(most))]
	}
	return most, nil
}
