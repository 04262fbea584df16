// Package evaluate finds out what happened to the alerts of a project: Env → Eval → Alert.Next, for every subject and rule.
//
// [Evaluator.Evaluate] takes what is known of a project, an [env.ProjectData], and returns a [Turn] with the commit to store:
//
//  1. begin reads the open alerts and what the rules meant when they were last evaluated.
//  2. withdrawGone ends alerts whose rule or device is gone; ending.go has the reasons.
//  3. evaluateAll takes block after block of subjects through the rules, several blocks at once (blocks.go). evaluateOne is the step of one
//     alert: verdict evaluates the rule (verdict.go), Next decides, record takes the result into the commit, with the words of told.go.
//  4. revise evaluates closed days and periods again whose data changed (revise.go).
//
// Then the caller has [Turn.Mute] say of each open alert whether people are notified (mute.go). It comes last, as rules mute each other by
// what fires now.
//
// [Evaluator.EvaluatePollRules] does 1 and 3 for the rules that read only the state of polling, which are evaluated apart from polls.
// [Turn.Trials] tells how many evaluations of each rule failed.
//
// Nothing is stored here and nobody is notified: package bot commits the result, and evaluates again if somebody decided something
// meanwhile.
package evaluate
