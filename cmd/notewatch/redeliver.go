package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"notewatch/internal/complete"
	"notewatch/internal/deliver"
	"notewatch/internal/dispatch"
	"notewatch/internal/lookup"
	"notewatch/internal/spelling"
	"notewatch/internal/watch"
	"notewatch/rules"
)

func newRedeliver() *cobra.Command {
	var receiver string
	var asJSON bool
	c := &cobra.Command{
		Use:               "redeliver ALERT",
		Short:             "Send an alert again",
		Args:              oneArgument("the ID of an alert (see notewatch alerts)"),
		ValidArgsFunction: completeFirst(complete.AlertIDs(false)),
		RunE: func(c *cobra.Command, args []string) error {
			if err := exists(c); err != nil {
				return err
			}
			w, closeDB, err := attach(c)
			if err != nil {
				return err
			}
			defer closeDB()
			a, err := lookup.New(lookup.Config{Store: w.Config.Bot.Store, Now: time.Now}).Alert(c.Context(), args[0])
			if err != nil {
				return hinted(err)
			}
			return redeliver(c, w, a, receiver, asJSON)
		},
	}
	c.Flags().StringVar(&receiver, "receiver", "", "send only to this receiver")
	completeFlag(c, "receiver", complete.ReceiverNames)
	jsonFlag(c, &asJSON)
	return c
}

func redeliver(c *cobra.Command, w *watch.Watch, a rules.Alert, receiver string, asJSON bool) error {
	ctx, began, db := c.Context(), time.Now().Truncate(time.Millisecond), w.Config.Bot.Store
	deliveries, err := db.DeliveriesOf(ctx, a.ID)
	if err != nil {
		return err
	}
	if _, ok := deliveries[receiver]; receiver != "" && !ok {
		there := slices.Sorted(maps.Keys(deliveries))
		return spelling.Unknown("receiver", receiver, there, "alert "+a.ID+" goes to "+listed(there))
	}
	receivers, err := db.Redeliver(ctx, a.ID, receiver, began)
	if err != nil {
		return err
	}
	if len(receivers) == 0 {
		return fmt.Errorf("no receiver in the rules file gets alert %s; see notewatch history %s", a.ID, a.ID)
	}
	here := slices.DeleteFunc(slices.Clone(receivers), func(name string) bool {
		return !slices.ContainsFunc(w.Config.Receivers, func(r deliver.Receiver) bool { return r.Name == name })
	})
	c.PrintErrf("sending %s again to %s\n", a.ID, listed(receivers))
	d := dispatch.Dispatch{Watch: w, Alert: a.ID, Receivers: here, Began: began}
	results, err := d.Deliver(ctx, dispatch.SendPatience, dispatch.Waits)
	if err != nil {
		return err
	}
	return report(c, results, asJSON)
}

// listed joins names: "team, on-call".
func listed(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
