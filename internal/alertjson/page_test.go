package alertjson_test

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"notewatch/internal/alertjson"
)

func TestThePageNamesEveryKey(t *testing.T) {
	page, err := os.ReadFile("../../docs/delivery.md")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(page), "### The JSON of an alert\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n### ")
	for _, value := range []any{alertjson.Alert{}, alertjson.Named{}, alertjson.Mute{}, alertjson.Ack{}} {
		for _, field := range reflect.VisibleFields(reflect.TypeOf(value)) {
			key, option, _ := strings.Cut(field.Tag.Get("json"), ",")
			mark := map[bool]string{true: "*"}[option == "omitempty"]
			require.Contains(t, section, "`"+key+"`"+mark)
		}
	}
}
