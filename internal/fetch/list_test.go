package fetch_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/fetch"
	"notewatch/rules"
)

func TestADeviceThatIsListedTwiceCountsAsListedLast(t *testing.T) {
	hub := newScript()
	hub.answers["devices"] = `{"devices":[{"uid":"dev:a","serial_number":"first","provisioned":"2025-06-15T00:00:00Z"},
		{"uid":"dev:b","provisioned":"2025-06-15T00:00:00Z"},{"uid":"dev:a","serial_number":"last","provisioned":"2025-06-15T00:00:00Z"}],"has_more":false}`
	hub.answers["events"] = `{"data":[` + eventsRow("a", 0, total(4)) + `]}`
	r := newRig(t, hub, rules.Events)
	r.poll()
	require.Equal(t, 2, r.list.Len())
	require.Equal(t, "last", r.list.At(0).Name)
	require.Equal(t, value(4), r.cell(rules.Events, today, "dev:a"))
	require.Equal(t, value(4), r.cell(rules.Events, today, ""))
}

// A list that lost most devices is no data. Their figures are read on, by the list that is stored.
func TestADeviceListThatShrinksIsDoubted(t *testing.T) {
	hub := newScript("a", "b", "c")
	r := newRig(t, hub, rules.Events)
	r.poll()
	hub.answers["devices"] = listing("a")
	r.now = r.now.Add(hour)
	_, err := r.tryPoll()
	require.ErrorAs(t, err, new(fetch.ListError))
	require.Equal(t, 3, r.list.Len())

	r.now = r.now.Add(fetch.ConfirmTime)
	r.poll()
	require.Equal(t, 1, r.list.Len())
	ordinal, ok, err := r.db.Usage.Ordinal(t.Context(), project, "dev:c")
	require.NoError(t, err)
	require.True(t, ok, "it keeps its place")
	require.Equal(t, 3, ordinal)
}

// A page is a Notehub with many devices that use nothing: it answers pages of its list.
type page struct{ devices int }

func (p *page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch kind := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]; kind {
	case "devices":
		number, _ := strconv.Atoi(r.URL.Query().Get("pageNum"))
		size, _ := strconv.Atoi(r.URL.Query().Get("pageSize"))
		first, last := (number-1)*size, min(number*size, p.devices)
		_, _ = fmt.Fprint(w, `{"devices":[`)
		for i := first; i < last; i++ {
			if i > first {
				_, _ = fmt.Fprint(w, ",")
			}
			_, _ = fmt.Fprintf(w, `{"uid":"dev:%d","provisioned":"2025-06-15T00:00:00Z"}`, i)
		}
		_, _ = fmt.Fprintf(w, `],"has_more":%t}`, last < p.devices)
	case "fleets":
		_, _ = fmt.Fprint(w, `{"fleets":[]}`)
	default:
		_, _ = fmt.Fprint(w, `{"data":[]}`)
	}
}

func TestADeviceListThatGrowsByAHundredThousand(t *testing.T) {
	hub := &page{devices: 2}
	r := newRig(t, hub, rules.Events)
	r.first = today - 3
	r.poll()
	hub.devices = 100_002
	r.now = r.now.Add(hour)
	r.poll()
	require.Equal(t, hub.devices, r.list.Len())
	for on := today - 3; on <= today; on++ {
		require.Equal(t, value(0), r.cell(rules.Events, on, "dev:0"))
		require.Equal(t, value(0), r.cell(rules.Events, on, "dev:100001"), "%s", on)
	}
}
