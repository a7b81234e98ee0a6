"""Taps and counts as stopwatches, programs and people write them: onsets 1.5, 8.25 and 15 s; 27 cycles in 180 s from 0:30."""

BORIS_OLD = (
    "Observation id\tobs1\n\nObservation date\t2024-01-01 10:00:00\nDescription\t\nMedia file(s)\n\n"
    "Time\tMedia file path\tTotal length\tFPS\tSubject\tBehavior\tBehavioral category\tComment\tStatus\n"
    "1.5\tv.mp4\t600\t25\tNo focal subject\ttap\t\t\tSTART\n1.7\tv.mp4\t600\t25\tNo focal subject\ttap\t\t\tSTOP\n"
    "8.25\tv.mp4\t600\t25\tNo focal subject\ttap\t\t\tSTART\n8.4\tv.mp4\t600\t25\tNo focal subject\ttap\t\t\tSTOP\n"
    "15\tv.mp4\t600\t25\tNo focal subject\ttap\t\t\tSTART\n16\tv.mp4\t600\t25\tNo focal subject\ttap\t\t\tSTOP\n"
)
BORIS = (
    "Observation id,Observation date,Observation duration,Observation type,Source,Time offset (s),Subject,Behavior,"
    "Behavioral category,Behavior type,Time,Media file name\n"
    "o,2024,60,Live,,0,No focal subject,hand on,,START,0.5,NA\n"
    + "".join(f"o,2024,60,Live,,0,No focal subject,tap,,POINT,{onset},NA\n" for onset in (1.5, 8.25, 15))
    + "o,2024,60,Live,,0,No focal subject,hand on,,STOP,50.5,NA\n"
)
JSPSYCH = (
    '"rt","stimulus","response","trial_type","trial_index","time_elapsed"\n'
    '"","","","preload","0","120"\n"350","<p>go, now</p>"," ","html-keyboard-response","1","1500"\n'
    '"null","x","null","html-keyboard-response","2","4000"\n"700","x"," ","html-keyboard-response","3","8250"\n'
    '"700","x"," ","html-keyboard-response","4","15000"\n'
)

TAPS = (
    "tap,onset\n1,1.5\n2,8.25\n3,15\n",
    "Nr;Zeit (s)\n1;1,5\n2;8,25\n3;15,0\n",
    "#,time\n1,1.5\n2,8.25\n3,15\n",
    "tap,t\n3,1.5\n4,8.25\n5,15\n",
    "1\t1.5\n2\t8.25\n3\t15\n",
    "Lap,Split,Lap time\n1,00:01.50,00:01.50\n2,00:08.25,00:06.75\n3,00:15.00,00:06.75\n",
    "Lap,Lap time,Split\n3,00:06.75,00:15.00\n2,00:06.75,00:08.25\n1,00:01.50,00:01.50\n",
    "Runde;Rundenzeit;Gesamt\n1;0:01,50;0:01,50\n2;0:06,75;0:08,25\n3;0:06,75;0:15,00\n",
    "Ronde;Tijd;Totaal\n1;0'01\"50;0'01\"50\n2;0'06\"75;0'08\"25\n3;0'06\"75;0'15\"00\n",
    "Lap;Split;Total\n1;1,50;1,50\n2;6,75;8,25\n3;6,75;15,00\n",  # here the split is the lap
    "Lap,Lap Time\n1,00:01.50\n2,00:06.75\n3,00:06.75\n",
    "Lap,Lap Time\n3,00:06.75\n2,00:06.75\n1,00:01.50\n",
    "1.500000\t1.500000\ttap\n8.250000\t8.250000\ttap\n15.000000\t15.000000\ttap\n",
    "1,5\t1,5\t1\n8,25\t8,25\t2\n\\\t100\t200\n15,0\t15,0\t\n",
    "1.5\t1.5\ttap\n4\t6\thand on\n8.25\t8.25\ttap\n15\t15\ttap\n",
    BORIS_OLD,
    BORIS,
    JSPSYCH,
    "key_resp.keys,key_resp.rt,key_resp.started\n\"['space', 'space', 'space']\",\"[0.5, 7.25, 14]\",1\n,,\n",
    "trial,key_resp.keys,key_resp.rt,key_resp.started\n0,space,0.5,1\n1,space,1.25,7\n2,None,,9\n3,space,1,14\n",
    "time,state\n1.5,down\n1.7,up\n8.25,down\n8.3,up\n15,down\n15.2,up\n",
    "timestamp_ms;key;event\n1500;a;keydown\n1700;a;keyup\n8250;a;keydown\n8300;a;keyup\n15000;a;keydown\n",
    "time,tap\n1.5,1\n1.7,0\n8.25,1\n8.3,0\n15,1\n15.2,0\n",
    "time,button\n0,0\n1.5,1\n1.6,1\n1.7,0\n8.25,1\n8.3,0\n15,1\n",
    "onset\tduration\ttrial_type\n0.5\t0\thand on\n1.5\t0\ttap\n8.25\t0\ttap\n15\t0\ttap\n",
)

COUNTS = (
    "Start;Dauer;Anzahl\n0:30;3 min;27\n",
    "Start;Dauer (min);Anzahl\n30;3,0;27\n",
    "start,duration,count\n0:30,180,27\n",
    "Aanvang;Duur;Aantal\n0:30;3:00;27\n",
    "Début\tDurée (s)\tNombre\n30\t180\t27\n",
    "Start;Anzahl\n0:30;27/3min\n",
    "Beginn;Gezählt\n30 s;27 in 3 Minuten\n",
    "27/3min ab 0:30\n",
    "27 / 3 min from 30 s\n",
)
