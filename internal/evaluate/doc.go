// Package evaluate finds the changes of the alerts of a project: Env → Eval → Alert.Next, for every subject and rule.
//
// [Evaluator.Evaluate] takes the data of a project, an [env.ProjectData], and returns a [Pass] with the commit to store:
//
//  1. begin (pass.go) reads the open alerts, and the meaning of the rules at their last evaluation.
//  2. withdrawGone ends alerts whose rule or device was removed; ending.go has the reasons.
//  3. evaluateAll evaluates the rules for block after block of subjects, several blocks at once (blocks.go). evaluateOne is the step of one
//     alert (alert.go): verdict evaluates the rule (verdict.go), Next decides, record adds the result to the commit, with the texts of texts.go.
//  4. revise evaluates past days and periods again whose data changed (revise.go).
//
// Then the caller calls [Pass.Mute], which sets the mute of each open alert (mute.go). It comes last, because firing alerts may mute
// others.
//
// [Evaluator.EvaluatePollRules] does 1 and 3 for the rules that read only the state of polling, which are evaluated apart from polls.
// [Pass.Counts] counts the failed evaluations of each rule.
//
// Nothing is stored here and no one is notified: package bot commits the result, and evaluates again if another decision was stored
// meanwhile.
package evaluate
