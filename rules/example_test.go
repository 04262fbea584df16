package rules_test

import (
	"fmt"
	"math"

	"notewatch/rules"
)

// A rule is compiled once and judges every subject; what is unknown widens the result instead of deciding it.
func ExampleCompile() {
	rule, problems := rules.Compile(rules.Spec{
		Name: "data-budget", Each: rules.EachDevice, Limit: "mb(40)",
		When: []rules.Condition{
			{Level: rules.Warning, Expr: "bytes.used > 0.8 * limit"},
			{Level: rules.Critical, Expr: "bytes.used > limit || events.today > 1000"},
		},
	})
	if problems != nil {
		panic(problems)
	}
	fmt.Println("shows", rule.Show, "and is a", rule.Kind, "rule")

	env := rules.Env{Bytes: rules.Metric{Used: 35e6}, Events: rules.Metric{Today: 12}}
	fmt.Println(rule.Eval(rules.NewView(&env)).Result)
	env.Events.Today = math.NaN()
	fmt.Println(rule.Eval(rules.NewView(&env)).Result)
	// Output:
	// shows bytes.used and is a period rule
	// {warning warning}
	// {warning critical}
}
