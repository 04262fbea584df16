package cataloguepage

import (
	"fmt"
	"html"
	"math"
	"strings"
	"time"

	"notewatch/internal/words"
)

// The form of a plot, in pixels.
const (
	width, height           = 720, 220
	left, right, top, floor = 70, 704, 34, 170
)

// style suits light and dark backgrounds, which stay as they are.
const style = `text{font:12px system-ui,sans-serif;fill:#57606a}.v{fill:none;stroke:#0969da;stroke-width:2}.l{stroke:#cf222e;stroke-dasharray:6 4}` +
	`.f{fill:#cf222e;opacity:.14}.i{fill:#8c959f}.a{stroke:#8c959f;stroke-width:.5}.tv{fill:#0969da}.tl{fill:#cf222e}` +
	`@media(prefers-color-scheme:dark){text{fill:#9da7b3}.v{stroke:#58a6ff}.l{stroke:#ff7b72}.f{fill:#ff7b72;opacity:.2}.tv{fill:#58a6ff}.tl{fill:#ff7b72}}`

// A plot draws a record.
type plot struct {
	Record
	from, to    time.Time
	least, most float64 // on the axis
	b           strings.Builder
}

// Plot returns a record as SVG: the value of the rule and its limit, and bars for the incident and the alert.
func Plot(r Record) []byte {
	p := plot{Record: r, from: r.Incident.Watch, to: r.Incident.Until()}
	p.scale()
	p.printf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img">`+"\n<title>%s</title>\n<style>%s</style>\n",
		width, height, html.EscapeString(fmt.Sprintf("%s in the incident %s", r.Incident.Rule, r.Incident.Name)), style)
	p.bars()
	p.days()
	if p.most > p.least {
		p.axis()
		p.values()
	}
	p.legend()
	p.printf("</svg>\n")
	return []byte(p.b.String())
}

func (p *plot) printf(format string, args ...any) { fmt.Fprintf(&p.b, format, args...) }

// scale sets the ends of the axis: from 0, unless the values would then be a flat line.
func (p *plot) scale() {
	least, most := math.Inf(1), math.Inf(-1)
	for _, s := range p.Samples {
		for _, x := range []float64{s.Value, s.Limit} {
			if words.Known(x) {
				least, most = min(least, x), max(most, x)
			}
		}
	}
	switch {
	case math.IsInf(most, 0):
		return
	case least > 0.6*most:
		room := max(most-least, 0.01*most)
		p.least, p.most = least-0.3*room, most+0.3*room
	default:
		p.least, p.most = min(least, 0), max(most*1.1, 1)
	}
}

func (p *plot) x(t time.Time) float64 {
	share := float64(t.Sub(p.from)) / float64(p.to.Sub(p.from))
	return left + (right-left)*min(max(share, 0), 1)
}

func (p *plot) y(value float64) float64 {
	return floor - (floor-top)*(value-p.least)/(p.most-p.least)
}

// bars draws the time of the incident and of the alert.
func (p *plot) bars() {
	ended := p.Ended
	if ended.IsZero() {
		ended = p.to
	}
	p.printf(`<rect class="f" x="%.1f" y="%d" width="%.1f" height="%d"/>`+"\n", p.x(p.Fired), top, p.x(ended)-p.x(p.Fired), floor-top)
	p.printf(`<rect class="i" x="%.1f" y="%d" width="%.1f" height="4"/>`+"\n", p.x(p.Incident.Start), floor+2, max(p.x(p.Incident.End)-p.x(p.Incident.Start), 2))
}

// days draws each midnight, and the names of as many days as there is room for.
func (p *plot) days() {
	p.printf(`<path class="a" d="M%d %dH%d`, left, floor, right)
	const roomOfName = 60
	var names strings.Builder
	last := -math.MaxFloat64
	for at := p.from.Truncate(24 * time.Hour); at.Before(p.to); at = at.AddDate(0, 0, 1) {
		if at.Before(p.from) {
			continue
		}
		x := p.x(at)
		p.printf("M%.1f %dV%d", x, top, floor+6)
		if x-last >= roomOfName && x <= right-roomOfName/2 {
			fmt.Fprintf(&names, `<text x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n", x, floor+22, at.Format("Mon 2 Jan"))
			last = x
		}
	}
	p.printf("\"/>\n%s", names.String())
}

// axis writes the values at the ends of the axis.
func (p *plot) axis() {
	for _, value := range []float64{p.least, p.most} {
		p.printf(`<text x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n", left-6, p.y(value)+4, html.EscapeString(words.Figure(value, p.Rule.Unit)))
	}
}

// values draws the value as steps, with gaps where it is no data, and the last limit.
func (p *plot) values() {
	if limit := p.limit(); words.Known(limit) {
		p.printf(`<path class="l" d="M%d %.1fH%d"/>`+"\n", left, p.y(limit), right)
	}
	var path strings.Builder
	drawn, last := false, ""
	for _, s := range p.Samples {
		if !words.Known(s.Value) {
			drawn = false
			continue
		}
		x, y := fmt.Sprintf("%.1f", p.x(s.At)), fmt.Sprintf("%.1f", p.y(s.Value))
		switch {
		case !drawn:
			fmt.Fprintf(&path, "M%s %s", x, y)
		case y != last:
			fmt.Fprintf(&path, "H%sV%s", x, y)
		}
		drawn, last = true, y
	}
	if drawn {
		fmt.Fprintf(&path, "H%.1f", p.x(p.Samples[len(p.Samples)-1].At))
	}
	p.printf(`<path class="v" d="%s"/>`+"\n", path.String())
}

// limit returns the newest limit that is known; NaN if none is.
func (p *plot) limit() float64 {
	limit := math.NaN()
	for _, s := range p.Samples {
		if words.Known(s.Limit) {
			limit = s.Limit
		}
	}
	return limit
}

// legend writes the names of the lines and bars.
func (p *plot) legend() {
	x := float64(left)
	name := func(class, text string) {
		p.printf(`<text class="%s" x="%.0f" y="20">%s</text>`+"\n", class, x, html.EscapeString(text))
		x += 7.2*float64(len([]rune(text))) + 20
	}
	if p.most > p.least {
		name("tv", p.Rule.Show)
		if limit := p.limit(); words.Known(limit) {
			name("tl", "limit "+words.Figure(limit, p.Rule.Unit))
		}
	}
	p.printf(`<rect class="f" x="%.0f" y="10" width="12" height="12"/>`+"\n", x)
	x += 17
	name("t", "the alert fires")
	p.printf(`<rect class="i" x="%.0f" y="14" width="12" height="4"/>`+"\n", x)
	x += 17
	name("t", "the incident lasts")
}
