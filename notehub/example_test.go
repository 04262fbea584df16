package notehub_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"notewatch/internal/secret"
	"notewatch/notehub"
	"notewatch/notehub/notehubtest"
)

func ExampleClient_EventsUsage() {
	noon := time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)
	server := notehubtest.New(notehubtest.Config{
		Now:   func() time.Time { return noon },
		Token: "nh_token",
		Projects: []notehubtest.Project{{
			UID: "app:1", Devices: []notehubtest.Device{{UID: "dev:864475044204365", Archetype: notehubtest.ColdStore}},
		}},
	})
	address, stop, err := server.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer stop()

	client, err := notehub.New(notehub.Config{BaseURL: address, Token: secret.New("nh_token")})
	if err != nil {
		fmt.Println(err)
		return
	}
	query := notehub.EventsQuery{UsageQuery: notehub.UsageQuery{Start: noon.Truncate(24 * time.Hour)}}
	truncated, err := client.EventsUsage(context.Background(), "app:1", query, func(row notehub.EventsRow) error {
		fmt.Println(row.Device, row.Period.Format(time.DateOnly), row.Billable.N > 100)
		return nil
	})
	fmt.Println(truncated, err)

	_, err = client.EventsUsage(context.Background(), "app:2", query, nil)
	fmt.Println(errors.Is(err, notehub.ErrNotFound))
	fmt.Println(err)
	// Output:
	// dev:864475044204365 2026-03-09 true
	// false <nil>
	// true
	// reading events usage of project "app:2": Notehub answers 404 Not Found: no such project or path
}
