package terminal_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"notewatch/notify"
	"notewatch/notify/terminal"
)

func Example() {
	terminal := terminal.New(os.Stdout, false)
	alert := notify.Alert{
		ID: "7f3a", Version: 1, Changed: true,
		State: "firing", Reason: "fired", Level: "critical",
		Rule:    "data-budget",
		Project: notify.Named{UID: "app:2606f411", Name: "cold-chain"},
		Subject: notify.Named{UID: "dev:864475044204365", Name: "sensor-14"},
		Summary: "sensor-14 has used 41.2 MB of 40 MB this month",
		Advice:  "Check the sync period.",
		Figure:  "bytes.used", Unit: "B", Value: 41.2e6, Peak: 41.2e6, Limit: 40e6, Usual: 1.25e6,
		Since:   time.Date(2026, 1, 12, 13, 50, 0, 0, time.UTC),
		FiredAt: time.Date(2026, 1, 12, 14, 5, 0, 0, time.UTC),
		AsOf:    time.Date(2026, 1, 12, 14, 4, 0, 0, time.UTC),
	}
	_, err := terminal.Send(context.Background(), notify.Notification{ID: "m1", Alerts: []notify.Alert{alert}}, nil)
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// 12 Jan 14:05 UTC  FIRING critical      sensor-14 has used 41.2 MB of 40 MB this month
	//                   bytes.used 41.2 MB (103 %) · limit 40 MB · usual day 1.25 MB · alert since 13:50 (15 min) · data of 14:04
	//                   → Check the sync period. [project cold-chain · rule data-budget · alert 7f3a]
}
