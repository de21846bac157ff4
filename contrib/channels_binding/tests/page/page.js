var ws = new WebSocket("ws://" + window.location.host + "/")
ws.onmessage = function(e){
    console.log(e.data)
    /*
       Receive:
       {
            event: "your_app.MyModel.retrieve",
            data: {
                id: 5763,
                ...someData
            }
       }
    */
}
ws.send(JSON.stringify({
    event: "your_app.MyModel.retrieve",
    data: {
        id: 5763
    }
}))
