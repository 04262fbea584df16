package dispatch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"notewatch/internal/bot"
	"notewatch/internal/deliver"
	"notewatch/internal/spelling"
	"notewatch/internal/watch"
)

// ErrNoProject means that the receivers of a rule depend on the project, and that no project was named.
var ErrNoProject = errors.New("the receivers depend on the project")

// Route returns the project whose receivers are notified of an alert of a rule: the project called named, or the only one if named is "".
func Route(b bot.Config, rule, named string) (bot.Project, error) {
	var ruleNames, projectNames []string
	for _, r := range b.Rules {
		ruleNames = append(ruleNames, r.Spec.Name)
	}
	at := slices.Index(ruleNames, rule)
	if at < 0 {
		return bot.Project{}, spelling.Unknown("rule", rule, ruleNames, "list them with notewatch check")
	}
	for _, p := range b.Projects {
		if named == p.UID || named == p.Name {
			return p, nil
		}
		projectNames = append(projectNames, p.Name)
	}
	switch {
	case named != "":
		return bot.Project{}, spelling.Unknown("project", named, projectNames, "known projects: "+Listed(projectNames))
	case b.Rules[at].Notify == nil && len(b.Projects) > 1:
		return bot.Project{}, fmt.Errorf("%w: add --project with one of %s", ErrNoProject, Listed(projectNames))
	}
	return b.Projects[0], nil
}

// Again makes a receiver owe the newest state of an alert once more, or all receivers of the alert if receiver is "". It returns a dispatch
// to those that this process knows, and the names of all.
func Again(ctx context.Context, w *watch.Watch, alert, receiver string) (d Dispatch, receivers []string, err error) {
	began, db := time.Now().Truncate(time.Millisecond), w.Config.Bot.Store
	deliveries, err := db.Outbox.DeliveriesOf(ctx, alert)
	if err != nil {
		return Dispatch{}, nil, err
	}
	if _, ok := deliveries[receiver]; receiver != "" && !ok {
		there := slices.Sorted(maps.Keys(deliveries))
		return Dispatch{}, nil, spelling.Unknown("receiver", receiver, there, "alert "+alert+" goes to "+Listed(there))
	}
	receivers, err = db.Outbox.Redeliver(ctx, alert, receiver, began)
	if err != nil {
		return Dispatch{}, nil, err
	}
	if len(receivers) == 0 {
		return Dispatch{}, nil, fmt.Errorf("no receiver in the rules file gets alert %s; see notewatch history %s", alert, alert)
	}
	here := slices.DeleteFunc(slices.Clone(receivers), func(name string) bool {
		return !slices.ContainsFunc(w.Config.Receivers, func(r deliver.Receiver) bool { return r.Name == name })
	})
	return Dispatch{Watch: w, Alert: alert, Receivers: here, Began: began}, receivers, nil
}

// Listed joins names: "team, on-call".
func Listed(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
