package cohort_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/cohort"
)

// counted counts devices of which alerts are about n, and others about none. The trait is of shared alerts, and of some others.
func counted(n, shared, others, sharedOthers int, trait cohort.Trait) *cohort.Count {
	c := &cohort.Count{}
	for i := range n + others {
		alerting := i < n
		traits := []cohort.Trait{{Kind: cohort.SKU, Value: "sku-" + strconv.Itoa(i)}, {Kind: cohort.Product}}
		if alerting && i < shared || !alerting && i-n < sharedOthers {
			traits = append(traits, trait)
		}
		c.Add(alerting, traits...)
	}
	return c
}

// A trait is named if so many of the alerts share it that it can hardly be by accident.
func TestFind(t *testing.T) {
	firmware := cohort.Trait{Kind: cohort.Firmware, Value: "notecard-8.1.3"}
	for name, c := range map[string]struct {
		alerts, shared       int
		others, sharedOthers int // devices without an alert
		share                float64
		said                 bool
	}{
		"41 of 44, 12 %":         {alerts: 44, shared: 41, others: 298, sharedOthers: 0, share: 12, said: true},
		"6 of 6, 20 %":           {alerts: 6, shared: 6, others: 94, sharedOthers: 14, share: 20, said: true},
		"5 of 6, 12 %":           {alerts: 6, shared: 5, others: 94, sharedOthers: 7, share: 12},
		"5 of 6, 5 %":            {alerts: 6, shared: 5, others: 94, sharedOthers: 0, share: 5, said: true},
		"9 of 10, 50 %":          {alerts: 10, shared: 9, others: 90, sharedOthers: 41, share: 50},
		"all have it":            {alerts: 44, shared: 44, others: 56, sharedOthers: 56, share: 100},
		"all of many have it":    {alerts: 44, shared: 44, share: 100},
		"too few alerts":         {alerts: 5, shared: 5, others: 995, share: 0.5},
		"less than two thirds":   {alerts: 44, shared: 29, others: 9956, share: 0.3},
		"two thirds":             {alerts: 45, shared: 30, others: 9955, share: 0.3, said: true},
		"none":                   {alerts: 44, others: 56, sharedOthers: 56, share: 56},
		"10,000 alerts, 50 %":    {alerts: 10_000, shared: 9_000, others: 10_000, sharedOthers: 1_000, share: 50, said: true},
		"10,000 alerts, as many": {alerts: 10_000, shared: 7_000, others: 10_000, sharedOthers: 7_000, share: 70},
	} {
		t.Run(name, func(t *testing.T) {
			found, ok := counted(c.alerts, c.shared, c.others, c.sharedOthers, firmware).Find()
			require.Equal(t, c.said, ok)
			if c.said {
				require.Equal(t, firmware, found.Trait)
				require.Equal(t, [2]int{c.shared, c.alerts}, [2]int{found.Alerts, found.Of})
				require.InDelta(t, c.share, found.Share, 0.1)
			}
		})
	}
	_, ok := (&cohort.Count{}).Find()
	require.False(t, ok)
}

// Of several traits, that with the least chance is named, and of these the first kind.
func TestFindTheLeastChance(t *testing.T) {
	c := &cohort.Count{}
	for i := range 100 {
		alerting := i < 10
		traits := []cohort.Trait{{Kind: cohort.New}}
		if i < 10 {
			traits = []cohort.Trait{{Kind: cohort.Product, Value: "p"}, {Kind: cohort.Firmware, Value: "2"}, {Kind: cohort.Fleet, Value: "f"}}
		}
		if i < 20 {
			traits = append(traits, cohort.Trait{Kind: cohort.Updated})
		}
		c.Add(alerting, traits...)
	}
	found, ok := c.Find()
	require.True(t, ok)
	require.Equal(t, cohort.Trait{Kind: cohort.Firmware, Value: "2"}, found.Trait)
}

// Whatever is counted, what is found is a trait of at least two thirds of the alerts, and not of all devices.
func FuzzFind(f *testing.F) {
	f.Add(uint16(44), uint16(41), uint16(300), uint16(3))
	f.Add(uint16(0), uint16(0), uint16(0), uint16(0))
	f.Add(uint16(6), uint16(9), uint16(1), uint16(900))
	f.Fuzz(func(t *testing.T, alerts, shared, others, sharedOthers uint16) {
		n, all := int(alerts%2000), int(others%2000)
		found, ok := counted(n, int(shared), all, int(sharedOthers), cohort.Trait{Kind: cohort.Updated}).Find()
		if ok {
			require.GreaterOrEqual(t, 3*found.Alerts, 2*found.Of)
			require.Less(t, found.Share, 100.0)
			require.Positive(t, found.Share)
		}
	})
}
