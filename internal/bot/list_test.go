package bot_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/internal/secret"
	"notewatch/notehub"
	"notewatch/notehub/notehubtest"
	"notewatch/rules"
)

// A listing is an answer to a request for a page of the device list.
type listing struct {
	Devices []map[string]any `json:"devices"`
	HasMore bool             `json:"has_more"`
}

// replace answers the requests for an endpoint in place of the simulated Notehub, from now on.
func (r *rig) replace(endpoint notehubtest.Endpoint, answer http.HandlerFunc) {
	r.t.Helper()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		if strings.HasSuffix(request.URL.Path, "/"+string(endpoint)) {
			answer(w, request)
			return
		}
		r.hub.ServeHTTP(w, request)
	}))
	r.t.Cleanup(proxy.Close)
	client, err := notehub.New(notehub.Config{BaseURL: proxy.URL, Token: secret.New(token)})
	require.NoError(r.t, err)
	r.config.Bot.Accounts[0].Client = client
	r.open()
}

// list lets answer change pages of the device list on their way from the simulated Notehub, from now on. Pages count from 1;
// answer gets the first, which has all devices.
func (r *rig) list(answer func(page int, first listing) listing) {
	r.t.Helper()
	var first listing
	r.replace(notehubtest.Devices, func(w http.ResponseWriter, request *http.Request) {
		page, _ := strconv.Atoi(request.URL.Query().Get("pageNum"))
		if page == 1 {
			recorded := httptest.NewRecorder()
			r.hub.ServeHTTP(recorded, request)
			first = listing{}
			if recorded.Code != http.StatusOK || json.Unmarshal(recorded.Body.Bytes(), &first) != nil {
				w.WriteHeader(recorded.Code)
				return
			}
		}
		_ = json.NewEncoder(w).Encode(answer(page, first))
	})
}

// named returns devices of a page that nobody has seen before.
func named(page, n int) []map[string]any {
	all := make([]map[string]any, n)
	for i := range all {
		all[i] = map[string]any{"uid": fmt.Sprintf("dev:%d-%d", page, i)}
	}
	return all
}

// Notehub's own API mock answers every page with the same devices and says that there are more.
func TestADeviceListWithoutEndFailsThePoll(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer func(page int, l listing) listing
		pages  int // that are asked for
		want   string
	}{
		{"the same page again", func(_ int, l listing) listing {
			return listing{l.Devices, true}
		}, 2, "page 2 of devices brings no new device"},
		{"empty pages", func(int, listing) listing {
			return listing{[]map[string]any{}, true}
		}, 1, "page 1 of devices brings no new device"},
		{"always new devices", func(page int, _ listing) listing {
			return listing{named(page, 1), true}
		}, 100, "more than 100 pages"},
		{"more devices than a page holds", func(page int, _ listing) listing {
			return listing{named(page, notehub.MaxPageSize+1), false}
		}, 1, "the answer has more than 10000 rows"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRig(t, 3, []notehubtest.Incident{silence(monday.Add(2*hour), 40*hour)}, silent())
			r.config.Bot.Accounts[0].PerMinute = 600
			r.run(monday.Add(12*hour + time.Minute))
			require.Equal(t, []string{"fired"}, r.reasons("ops"))

			pages := 0
			r.list(func(page int, l listing) listing {
				pages++
				return test.answer(page, l)
			})
			r.run(monday.Add(13*hour + time.Minute))
			require.Equal(t, 1, r.state().Failures)
			require.Contains(t, r.state().Failure, test.want)
			require.Equal(t, test.pages, pages)
			devices, _, err := r.store.Usage.Devices(t.Context(), project)
			require.NoError(t, err)
			require.Len(t, devices, 3)
			require.Equal(t, []string{"fired"}, r.reasons("ops"), "what is known stays")

			r.list(func(_ int, l listing) listing { return l })
			r.run(monday.Add(14 * hour))
			require.Zero(t, r.state().Failures)
			require.Equal(t, []string{"fired"}, r.reasons("ops"))
		})
	}
}

func TestADeviceThatIsListedTwiceIsOneDevice(t *testing.T) {
	r := newRig(t, 3, nil, events("500"))
	r.list(func(_ int, l listing) listing {
		renamed := map[string]any{"uid": l.Devices[1]["uid"], "serial_number": "renamed", "provisioned": l.Devices[1]["provisioned"]}
		return listing{append(append(l.Devices, l.Devices...), renamed), false}
	})
	r.run(monday.Add(hour))
	devices, _, err := r.store.Usage.Devices(t.Context(), project)
	require.NoError(t, err)
	require.Len(t, devices, 3)
	require.Equal(t, "renamed", devices[1].Name)
}

// Other projects of the account wait for the poll, so it may not go on for as long as Notehub likes.
func TestAPollHasABound(t *testing.T) {
	r := newRig(t, 1, nil, events("500"))
	r.run(monday.Add(hour + time.Minute))
	r.config.Bot.Accounts[0].PerMinute = 600
	r.config.Bot.Machine = func() time.Time {
		r.machine = r.machine.Add(4 * time.Minute)
		return r.machine
	}
	pages := 0
	r.list(func(page int, _ listing) listing {
		pages++
		return listing{named(page, 1), true}
	})
	r.run(monday.Add(2*hour + time.Minute))
	require.Equal(t, 1, r.state().Failures)
	require.Contains(t, r.state().Failure, "the requests to Notehub for one poll take longer than 30 min")
	require.Equal(t, 8, pages, "each takes 4 min")
}

// first returns the first n devices of a list.
func first(n int) func(int, listing) listing {
	return func(_ int, l listing) listing { return listing{l.Devices[:n], false} }
}

// People seldom delete a fleet. A list without it is more likely a mistake of Notehub, and would withdraw every alert.
func TestADeviceListThatLostMostDevicesNeedsASecondReading(t *testing.T) {
	for _, test := range []struct {
		of, left int
		doubted  bool
	}{
		{1, 0, true}, {2, 0, true}, {3, 1, true}, {4, 1, true}, {4, 0, true}, {40, 19, true},
		{2, 1, false}, {3, 2, false}, {4, 2, false}, {40, 20, false},
	} {
		t.Run(fmt.Sprintf("%d of %d left", test.left, test.of), func(t *testing.T) {
			quiet := rules.Spec{
				Name: "quiet", Each: rules.EachDevice, Where: "device.name == \"hourly-sensor-" + strconv.Itoa(test.of) + `"`,
				When: []rules.Condition{{Level: rules.Warning, Expr: "device.silent_hours >= 0"}},
			}
			many := rules.Spec{
				Name: "many", Each: rules.EachProject,
				When: []rules.Condition{{Level: rules.Info, Expr: fmt.Sprintf("project.device_count >= %d", test.of)}},
			}
			r := newRig(t, test.of, nil, quiet, many)
			r.run(monday.Add(hour + time.Minute))
			require.Equal(t, []string{"fired", "fired"}, r.reasons("ops"))

			r.list(first(test.left))
			r.run(monday.Add(2*hour + time.Minute))
			if test.doubted {
				require.Equal(t, []string{"fired", "fired"}, r.reasons("ops"))
				require.Equal(t, 1, r.state().Failures)
				require.Contains(t, r.state().Failure, fmt.Sprintf("Notehub lists %d of %d devices no longer", test.of-test.left, test.of))
				devices, _, err := r.store.Usage.Devices(t.Context(), project)
				require.NoError(t, err)
				require.Len(t, devices, test.of)
				r.open() // what was read once is known after a restart
				r.run(monday.Add(2*hour + 12*time.Minute))
			}
			require.Zero(t, r.state().Failures)
			require.ElementsMatch(t, []string{"fired", "fired", "withdrawn", "resolved"}, r.reasons("ops"))
			r.requireTruth("ops")
		})
	}
}

func TestADeviceListThatIsWholeAgainChangesNothing(t *testing.T) {
	r := newRig(t, 4, []notehubtest.Incident{silence(monday.Add(2*hour), 40*hour)}, silent())
	r.run(monday.Add(12*hour + time.Minute))
	readings := 0
	r.list(func(_ int, l listing) listing {
		if readings++; readings%2 == 1 {
			l.Devices = l.Devices[:0]
		}
		return l
	})
	r.run(r.now.Add(5 * hour))
	require.GreaterOrEqual(t, readings, 6)
	require.Zero(t, r.state().Failures)
	require.Equal(t, []string{"fired"}, r.reasons("ops"))
}

func TestASecondReadingThatSaysSomethingElseConfirmsNothing(t *testing.T) {
	r := newRig(t, 40, nil, events("500"))
	r.run(monday.Add(hour + time.Minute))
	left := []int{0, 10, 12}
	r.list(func(_ int, l listing) listing {
		n := left[0]
		left = left[1:]
		return listing{l.Devices[:n], false}
	})
	r.run(monday.Add(2*hour + 12*time.Minute))
	require.Equal(t, 2, r.state().Failures)
	r.run(monday.Add(2*hour + 22*time.Minute))
	require.Zero(t, r.state().Failures)
	devices, _, err := r.store.Usage.Devices(t.Context(), project)
	require.NoError(t, err)
	require.Len(t, devices, 12)
}

// Names of fleets are still good as long as devices are in them.
func TestFleetsThatHaveDevicesKeepTheirNames(t *testing.T) {
	r := newRig(t, 3, nil, events("500"))
	r.project.Fleets = map[string]string{"fleet:vacant": "vacant"}
	r.serve()
	r.open()
	r.run(monday.Add(time.Minute))
	names := r.fleets()
	require.Len(t, names, 2)
	delete(names, "fleet:vacant")

	r.replace(notehubtest.Fleets, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"fleets":[]}`)) })
	r.run(monday.Add(hour + time.Minute))
	require.Equal(t, names, r.fleets())
}
