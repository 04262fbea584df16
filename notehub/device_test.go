package notehub_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"notewatch/notehub"
)

func TestDevices(t *testing.T) {
	client := answering(t, `{"devices":[{
		"uid":"dev:864475044204365","serial_number":"pump-7","sku":"NOTE-NBGL-500","product_uid":"com.acme.ann:cold",
		"fleet_uids":["fleet:1","fleet:2"],"firmware_notecard":"notecard-7.2.2.16518","firmware_host":"1.4.0",
		"disabled":true,"provisioned":"2025-11-02T08:30:00Z","last_activity":"2026-03-01T11:59:30.5Z",
		"voltage":4.07,"temperature":-12.25,"best_location":{"latitude":52.5},
		"cellular_usage":[{"iccid":"8901","used":402000000,"limit":500000000,"lifetime_used":902000000,"last_updated":1772366400},
			{"iccid":"8902","used":0,"last_updated":1772366400000},{"limit":null}]},
		{"uid":"dev:2","last_activity":null,"voltage":null,"cellular_usage":null,"fleet_uids":[]}],
		"has_more":true}`)
	var list []notehub.Device
	more, err := client.Devices(t.Context(), project, 1, 2, keep(&list))
	require.NoError(t, err)
	require.True(t, more)
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	require.Equal(t, notehub.Device{
		UID: "dev:864475044204365", SerialNumber: "pump-7", SKU: "NOTE-NBGL-500", Product: "com.acme.ann:cold",
		Fleets: []string{"fleet:1", "fleet:2"}, FirmwareNotecard: "notecard-7.2.2.16518", FirmwareHost: "1.4.0",
		Disabled: true, Provisioned: time.Date(2025, 11, 2, 8, 30, 0, 0, time.UTC),
		LastActivity: noon.Add(-29*time.Second - 500*time.Millisecond), Voltage: 4.07, Temperature: -12.25,
		SIMs: []notehub.SIM{
			{ICCID: "8901", Used: known(402e6), Limit: known(500e6), LifetimeUsed: known(902e6), LastUpdated: noon},
			{ICCID: "8902", Used: known(0), LastUpdated: noon},
			{},
		},
	}, list[0])
	second := list[1]
	require.True(t, math.IsNaN(second.Voltage) && math.IsNaN(second.Temperature), "null and absent are not known")
	second.Voltage, second.Temperature = 0, 0
	require.Equal(t, notehub.Device{UID: "dev:2"}, second)
}

func TestFirmwareIsItsVersion(t *testing.T) {
	tests := []struct{ name, field, want string }{
		{
			"JSON text", `"{\"org\":\"Blues Wireless\",\"product\":\"Notecard\",\"version\":\"notecard-8.1.3.17074\",\"ver_major\":8}"`,
			"notecard-8.1.3.17074",
		},
		{"JSON text in lines", `"\n{\n\t\"version\": \"notecard-8.1.3\"\n}\n"`, "notecard-8.1.3"},
		{"plain text", `"notecard-8.1.3.17074"`, "notecard-8.1.3.17074"},
		{"another text", `"8.1.3 {beta}"`, "8.1.3 {beta}"},
		{"empty", `""`, ""},
		{"null", `null`, ""},
		{"no version", `"{\"org\":\"Acme\"}"`, ""},
		{"a version that is no text", `"{\"version\":8}"`, ""},
		{"JSON text that is cut", `"{\"version\":\"notecard-8.1"`, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			client := answering(t, `{"devices":[{"uid":"dev:1","firmware_notecard":`+test.field+`,"firmware_host":`+test.field+
				`,"sku":"NOTE-NBGL-500"}],"has_more":false}`)
			var list []notehub.Device
			_, err := client.Devices(t.Context(), project, 1, 50, keep(&list))
			require.NoError(t, err)
			require.Equal(t, test.want, list[0].FirmwareNotecard)
			require.Equal(t, test.want, list[0].FirmwareHost)
			require.Equal(t, "NOTE-NBGL-500", list[0].SKU)
		})
	}
}

func TestUpdatesOfFirmware(t *testing.T) {
	invalid := notehub.Update{Invalid: true}
	for field, want := range map[string][2]notehub.Update{
		`"dfu":null`: {},
		`"dfu":{}`:   {},
		`"dfu":{"card":null,"user":{"mode":null}}`:                          {},
		`"dfu":{"card":{"mode":"downloading","read":1},"new":[{}]}`:         {{Mode: "downloading"}, {}},
		`"dfu":{"user":{"type":"user","mode":"completed","version":"{"}}`:   {{}, {Mode: "completed"}},
		`"dfu":{"card":{"mode":"idle"},"user":{"errors":2,"mode":"error"}}`: {{Mode: "idle"}, {Mode: "error"}},
		`"dfu":{"card":{"mode":7},"user":{"mode":"ready"}}`:                 {invalid, {Mode: "ready"}},
		`"dfu":{"card":"idle","user":[]}`:                                   {invalid, invalid},
		`"dfu":"idle"`:                                                      {invalid, invalid},
		`"dfu":[{"card":{"mode":"idle"}}]`:                                  {invalid, invalid},
	} {
		client := answering(t, `{"devices":[{"uid":"dev:1",`+field+`,"sku":"NOTE-NBGL-500"}],"has_more":false}`)
		var list []notehub.Device
		_, err := client.Devices(t.Context(), project, 1, 50, keep(&list))
		require.NoError(t, err, field)
		require.Equal(t, want, [2]notehub.Update{list[0].UpdateNotecard, list[0].UpdateHost}, field)
		require.Equal(t, "NOTE-NBGL-500", list[0].SKU)
	}
	for mode, running := range map[string]bool{
		"downloading": true, "sideloading": true, "ready": true, "ready-retry": true, "updating": true,
		"": false, "idle": false, "error": false, "completed": false, "resting": false,
	} {
		require.Equal(t, running, notehub.Update{Mode: mode}.Running(), mode)
	}
}

func TestPagesOfDevicesMustSayWhetherThereAreMore(t *testing.T) {
	for body, want := range map[string]string{
		`{"devices":[]}`:                              `it has no "has_more"`,
		`{"devices":[],"has_more":null}`:              `field "has_more": want true or false, got null`,
		`{"devices":[],"has_more":0}`:                 `field "has_more": want true or false, got a number`,
		`{"has_more":false}`:                          `it has no "devices"`,
		`{"devices":[{"sku":"x"}],"has_more":false}`:  `row 1: it has no "uid"`,
		`{"devices":[{"uid":null}],"has_more":false}`: `row 1: it has no "uid"`,
	} {
		_, err := answering(t, body).Devices(t.Context(), project, 3, 50, func(notehub.Device) error { return nil })
		require.ErrorIs(t, err, notehub.ErrInvalidAnswer)
		require.ErrorContains(t, err, `reading page 3 of devices of project "`+project+`"`)
		require.ErrorContains(t, err, want)
	}
}
