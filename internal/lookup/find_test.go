package lookup_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/lookup"
	"notewatch/internal/store/storetest"
)

// said puts what was found, or why nothing was, into a line.
func said(s lookup.Subject, err error) string {
	if err != nil {
		return err.Error()
	}
	line := fmt.Sprintf("%s %s %s", s.Kind, s.UID, s.Name)
	if s.Gone {
		line += " (gone)"
	}
	return line
}

func TestFind(t *testing.T) {
	s := usual(t)
	s.alerts(
		over(alert("g1", cold, "dev:864475000000077", "old *boiler*")),
		over(alert("g2", cold, "dev:864475000000001", "Freezer-1")), // is still there
		over(alert("g3", lookup.Project{UID: "app:other"}, "dev:5", "boiler of a project that is not watched")),
	)
	s.use(lab, storetest.Usage{Device: "dev:31337", Day: today - 3, Figures: storetest.Unknown()})
	for _, c := range []struct {
		text, want string
		kinds      []lookup.Kind
	}{
		{text: "", want: "  "}, // every project
		{text: "dev:864475000000002", want: "device dev:864475000000002 freezer-2"},
		{text: "864475000000002", want: "device dev:864475000000002 freezer-2"},
		{text: "freezer-2", want: "device dev:864475000000002 freezer-2"},
		{text: "  FREEZER-2\n", want: "device dev:864475000000002 freezer-2"},
		{text: "DEV:864475000000002", want: "device dev:864475000000002 freezer-2"},
		{text: "app:cold", want: "project app:cold cold-chain"},
		{text: "Cold-Chain", want: "project app:cold cold-chain"},
		{text: "production", want: "fleet fleet:prod Production"},
		{text: "fleet:prod", want: "fleet fleet:prod Production"},

		{text: "far", want: "project app:far far-away"}, // UIDs begin with what stands behind the colon, too
		{text: "cold", want: "project app:cold cold-chain"},
		{text: "PROD", want: "fleet fleet:prod Production"},
		{text: "🧊", want: "device dev:864475000000003 " + ice},
		{text: "<!channel>", want: "device dev:864475000000003 " + ice},
		{text: "& CO", want: "device dev:864475000000003 " + ice},
		{text: hebrew, want: "device dev:864475000000004 " + hebrew},
		{text: "מקפ", want: "device dev:864475000000004 " + hebrew},

		{text: "freezer-1", want: `"freezer-1" may be device "Freezer-1" (dev:864475000000001), device "freezer-1" (dev:999)`},
		{text: "cold-chain/freezer-1", want: "device dev:864475000000001 Freezer-1"},
		{text: "app:lab/freezer-1", want: "device dev:999 freezer-1"},
		{text: "lab/freez", want: "device dev:999 freezer-1"},
		{text: "cold-chain/", want: `unknown project, fleet or device "cold-chain/"; did you mean "cold-chain"?`},
		{text: "lab", want: `"lab" may be project "lab" (app:lab), fleet "lab" (fleet:lab)`},
		{text: "lab", kinds: []lookup.Kind{lookup.KindFleet}, want: "fleet fleet:lab lab"},
		{text: "lab", kinds: []lookup.Kind{lookup.KindProject, lookup.KindDevice}, want: "project app:lab lab"},
		{text: "freezer-2", kinds: []lookup.Kind{lookup.KindProject, lookup.KindFleet}, want: `unknown project or fleet "freezer-2"`},

		{text: "freezr-2", want: `unknown project, fleet or device "freezr-2"; did you mean "freezer-2"?`},
		{text: "dev:864475000000020", want: `unknown project, fleet or device "dev:864475000000020"; did you mean "dev:864475000000002"?`},
		{text: "something else altogether", want: `unknown project, fleet or device "something else altogether"`},
		{text: "%", want: `unknown project, fleet or device "%"`}, // text, not a pattern
		{text: "' OR '' = '", want: `unknown project, fleet or device "' OR '' = '"`},
		{text: strings.Repeat("x", 10_000), want: fmt.Sprintf("unknown project, fleet or device %q", strings.Repeat("x", 10_000))},

		{text: "old *boiler*", want: "device dev:864475000000077 old *boiler* (gone)"},
		{text: "boil", want: "device dev:864475000000077 old *boiler* (gone)"},
		{text: "dev:864475000000077", want: "device dev:864475000000077 old *boiler* (gone)"},
		{text: "dev:31337", want: "device dev:31337 dev:31337 (gone)"}, // no alert tells of it, but it used something lately
		{text: "31337", want: "device dev:31337 dev:31337 (gone)"},
		{text: "dev:5", want: `unknown project, fleet or device "dev:5"`},
	} {
		require.Equal(t, c.want, said(s.reader().Find(t.Context(), c.text, c.kinds...)), c.text)
	}
}

// Where there is one project, it is what is meant by nothing.
func TestFindOnlyProject(t *testing.T) {
	s := newScene(t)
	s.Projects = []lookup.Project{lab}
	require.Equal(t, lookup.Subject{
		Kind: lookup.KindProject, Project: lookup.Named{UID: "app:lab", Name: "lab"},
		UID: "app:lab", Name: "lab",
	}, s.find(""))
	s.Projects = nil
	require.Equal(t, lookup.Subject{}, s.find(""))
}

// Of many candidates ten are listed.
func TestFindAmong(t *testing.T) {
	s := newScene(t)
	var devices []using
	for i := range 25 {
		devices = append(devices, device(fmt.Sprintf("dev:%03d", i), fmt.Sprintf("sensor-%03d", i), 1, 1))
	}
	s.read(cold, now, devices...)
	var ambiguous *lookup.AmbiguousError
	_, err := s.reader().Find(t.Context(), "sensor")
	require.ErrorAs(t, err, &ambiguous)
	require.Equal(t, "sensor", ambiguous.Text)
	require.Len(t, ambiguous.Candidates, 10)
	require.Equal(t, "sensor-000", ambiguous.Candidates[0].Name)
	require.Equal(t, 15, ambiguous.More)
	require.ErrorContains(t, err, `device "sensor-009" (dev:009) or one of 15 more`)
}

func TestURL(t *testing.T) {
	s := usual(t)
	require.Equal(t, "https://notehub.io/project/app:cold/devices/dev:864475000000003", s.find("864475000000003").URL())
	require.Equal(t, "https://notehub.io/project/app:lab", s.find("app:lab").URL())
	require.Empty(t, lookup.Subject{}.URL())
}

func TestComplete(t *testing.T) {
	s := usual(t)
	for _, c := range []struct {
		prefix string
		limit  int
		kinds  []lookup.Kind
		want   string
	}{
		{"", 3, nil, "cold-chain, lab, far-away"},
		{"FREEZER", 9, nil, "Freezer-1, freezer-1, freezer-2"},
		{"FREEZER", 2, nil, "Freezer-1, freezer-1"},
		{"dev:86447500000000", 9, nil, "Freezer-1, freezer-2, " + ice + ", " + hebrew},
		{"86447500000000", 2, nil, "Freezer-1, freezer-2"},
		{"dev:", 9, nil, "Freezer-1, freezer-2, " + ice + ", " + hebrew + ", freezer-1"},
		{"l", 9, nil, "lab, lab"},
		{"l", 9, []lookup.Kind{lookup.KindProject}, "lab"},
		{"2", 9, nil, ""},
		{"l", 0, nil, ""},
	} {
		all, err := s.reader().Complete(t.Context(), c.prefix, c.limit, c.kinds...)
		require.NoError(t, err)
		var names []string
		for _, subject := range all {
			names = append(names, subject.Name)
		}
		require.Equal(t, c.want, strings.Join(names, ", "), c.prefix)
	}
}

// What is called just so may be several; a part of a name is not enough.
func TestCalled(t *testing.T) {
	s := usual(t)
	for text, want := range map[string]string{
		"FREEZER-1": "dev:864475000000001 dev:999", "dev:999": "dev:999", "999": "dev:999", "freezer": "", "": "", "cold-chain": "",
	} {
		found, err := s.reader().Called(t.Context(), text, lookup.KindDevice)
		require.NoError(t, err)
		var uids []string
		for _, subject := range found {
			uids = append(uids, subject.UID)
		}
		require.Equal(t, want, strings.Join(uids, " "), text)
	}
}

// Whatever people type is found, or said not to be clear.
func FuzzFind(f *testing.F) {
	for _, text := range []string{"", "/", "lab/", ice, hebrew, "dev:", "\x00", "\xff", "cold-chain/freezer-1", "' OR 1 --"} {
		f.Add(text)
	}
	reader := usual(f).reader()
	f.Fuzz(func(t *testing.T, text string) {
		_, err := reader.Find(t.Context(), text)
		var unknown *lookup.UnknownError
		var ambiguous *lookup.AmbiguousError
		if err != nil && !errors.As(err, &unknown) {
			require.ErrorAs(t, err, &ambiguous)
			require.GreaterOrEqual(t, len(ambiguous.Candidates), 2)
		}
	})
}

func TestParseSpan(t *testing.T) {
	for word, want := range map[string]lookup.Span{"today": lookup.Today, "7D": lookup.Week, "30d": lookup.Month, "Period": lookup.Period} {
		span, err := lookup.ParseSpan(word)
		require.NoError(t, err)
		require.Equal(t, want, span)
	}
	_, err := lookup.ParseSpan("fortnight")
	require.EqualError(t, err, `unknown time span "fortnight": want today, 7d, 30d or period`)
	require.Len(t, lookup.Spans(), 4)
	for word, like := range map[string]bool{"7d": true, "99d": true, "Yesterday": true, "2weeks": true, "sensor-7d": false, "7": false, "": false} {
		require.Equal(t, like, lookup.LikeSpan(word), word)
	}
}
